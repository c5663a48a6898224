//! Lists of any length, and answers that are none, from a server that says what it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use crate::base::progress::Silent;
use crate::cloud::{Cloud, Endpoints, ErrorKind, Fixed, OssSignature, OssStyle, Setup};
use crate::config::Origin;
use crate::net::Http;
use crate::oss::Oss;
use crate::sign::Credential;

/// Answers each request by the function: path and query go in; status and body come out.
fn server(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, answer) = (stream.unwrap(), Arc::clone(&answer));
            std::thread::spawn(move || serve(stream, answer.as_ref()));
        }
    });
    format!("http://{address}")
}

fn serve(mut stream: TcpStream, answer: &(dyn Fn(&str) -> (u16, String) + Send + Sync)) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while let Some(Ok(first)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let (status, body) = answer(first.split(' ').nth(1).unwrap());
        let head =
            format!("HTTP/1.1 {status} .\r\nx-oss-request-id: R\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    }
}

fn bucket(url: &str) -> Oss {
    let credential = Credential::long_lived("id", "secret");
    let cloud = Cloud::new(Setup {
        http: Http::new(),
        endpoints: Endpoints::parse(&[url.to_owned()], &Origin::Flag("--endpoint")).unwrap(),
        region: Some("cn-hangzhou".into()),
        credentials: Arc::new(Fixed(credential)),
        oss_style: OssStyle::Auto,
        oss_signature: OssSignature::V4,
        progress: Arc::new(Silent),
    });
    Oss::new(cloud.tried(1), "buc")
}

fn parameter(target: &str, name: &str) -> Option<String> {
    let query = target.split_once('?')?.1;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
    crate::sign::encode::decode(value)
}

/// Numbers of one page, and whether it is the last.
fn page(after: usize, all: usize) -> (std::ops::RangeInclusive<usize>, bool) {
    let end = (after + 1000).min(all);
    (after + 1..=end, end < all)
}

#[tokio::test]
async fn ten_thousand_objects_are_listed_page_by_page() {
    let url = server(|target| {
        let after = parameter(target, "continuation-token")
            .map_or(0, |token| token.trim_matches('+').parse().unwrap());
        let (numbers, more) = page(after, 10_000);
        let next = format!("<NextContinuationToken>+{}+</NextContinuationToken>", numbers.end());
        let one = |n| format!("<Contents><Key>d%2F{n:05}%0A</Key><Size>{n}</Size></Contents>");
        let objects: String = numbers.map(one).collect();
        let kind = "<EncodingType>url</EncodingType>";
        (
            200,
            format!(
                "<ListBucketResult>{kind}<IsTruncated>{more}</IsTruncated>{next}{objects}</ListBucketResult>"
            ),
        )
    });
    let (oss, mut keys, mut next) = (bucket(&url), Vec::new(), None);
    loop {
        let page = oss.list("d/", None, next.as_ref()).await.unwrap();
        keys.extend(page.objects.into_iter().map(|object| object.key));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(keys, (1..=10_000).map(|n| format!("d/{n:05}\n")).collect::<Vec<_>>());
}

#[tokio::test]
async fn ten_thousand_parts_are_listed() {
    let url = server(|target| {
        let (numbers, more) = page(parameter(target, "part-number-marker").unwrap().parse().unwrap(), 10_000);
        let next = format!("<NextPartNumberMarker>{}</NextPartNumberMarker>", numbers.end());
        let one =
            |n| format!("<Part><PartNumber>{n}</PartNumber><ETag>\"{n}\"</ETag><Size>{n}</Size></Part>");
        let parts: String = numbers.map(one).collect();
        (200, format!("<ListPartsResult><IsTruncated>{more}</IsTruncated>{next}{parts}</ListPartsResult>"))
    });
    let parts = bucket(&url).list_parts("k", "U").await.unwrap();
    assert!(parts.iter().map(|part| part.number).eq(1..=10_000));
    assert_eq!((parts[6].receipt.etag.as_str(), parts[6].receipt.crc64), ("\"7\"", None));
}

#[tokio::test]
async fn pending_uploads_are_listed_by_both_markers() {
    let url = server(|target| {
        let marker = parameter(target, "key-marker").zip(parameter(target, "upload-id-marker"));
        let (key, id, more) = match marker {
            None => ("a%20b", "1", true),
            Some((key, id)) if (key.as_str(), id.as_str()) == ("a b", "1") => ("a%20b", "2", true),
            Some(_) => ("c", "3", false),
        };
        let upload = format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId></Upload>");
        let next =
            format!("<NextKeyMarker>{key}</NextKeyMarker><NextUploadIdMarker>{id}</NextUploadIdMarker>");
        let head = format!("<EncodingType>url</EncodingType><IsTruncated>{more}</IsTruncated>{next}");
        (200, format!("<ListMultipartUploadsResult>{head}{upload}</ListMultipartUploadsResult>"))
    });
    let uploads = bucket(&url).pending_uploads("").await.unwrap();
    let found: Vec<_> =
        uploads.iter().map(|upload| (upload.key.as_str(), upload.upload_id.as_str())).collect();
    assert_eq!(found, [("a b", "1"), ("a b", "2"), ("c", "3")]);
}

#[tokio::test]
async fn a_list_that_goes_nowhere_is_an_error_and_not_endless() {
    for content in ["", "<Contents><Key>k</Key><Size>1</Size></Contents>"] {
        let count = std::sync::atomic::AtomicU32::new(0);
        let url = server(move |_| {
            let n = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let next = format!("<NextContinuationToken>new{n}</NextContinuationToken>");
            (200, format!("<R><IsTruncated>true</IsTruncated>{next}{content}</R>"))
        });
        let oss = bucket(&url);
        let mut page = oss.list("", None, None).await;
        if !content.is_empty() {
            let next = page.unwrap().next;
            page = oss.list("", None, next.as_ref()).await;
        }
        let error = page.unwrap_err().to_string();
        assert!(error.contains("or do not go on in the order of the names"), "{error}");
    }
}

#[tokio::test]
async fn html_cut_xml_and_silence_are_no_answers() {
    for body in ["<html><body>Please log in</body></html>", "<R><IsTruncated>fal", ""] {
        for status in [200, 403, 502] {
            let oss = bucket(&server(move |_| (status, body.to_owned())));
            let error = oss.list("", None, None).await.unwrap_err();
            let says =
                matches!(&error.kind, ErrorKind::NotAnAnswer { .. }) || body.is_empty() && status != 200;
            assert!(says, "{status} {body}: {error}");
        }
    }
}
