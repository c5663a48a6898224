//! Signatures and checksums held to vectors that the official SDKs made.

use base64::Engine as _;
use faascmd::testing::sign::{Credential, OssRequest, Pairs, acs3, encode, oss_v1, oss_v4, rpc_v1};
use serde_json::Value;

use crate::common::data::{self, vectors};

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("`{key}` of {}", value["name"]))
}

fn pairs(value: &Value) -> Pairs {
    let object = value.as_object().into_iter().flatten();
    object.map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned())).collect()
}

fn entries<'a>(file: &'a Value, section: &str) -> Vec<&'a Value> {
    file[section].as_array().into_iter().flatten().collect()
}

#[test]
fn rpc_vectors() {
    let files = data::rpc_vectors();
    assert!(!files.is_empty(), "no rpc*.json");
    let (mut checked, mut skipped) = (0, 0);
    let sections = ["rpc_v1_hmac_sha1", "rpc_v1_hmac_sha1_tea_flavour", "documented", "acs3_hmac_sha256"];
    for (file, section) in files.iter().flat_map(|file| sections.map(|section| (file, section))) {
        let check = if section.starts_with("acs3") { check_acs3 } else { check_rpc };
        for entry in entries(file, section) {
            if entry.get("quirk").is_some() || text(entry, "name").starts_with("documented-v3") {
                skipped += 1;
                continue;
            }
            check(entry);
            checked += 1;
        }
    }
    println!("rpc_vectors: {checked} agree, {skipped} skipped (quirks and the documented V3)");
}

/// What the sandbox computes over a call of the newer SDKs.
fn check_acs3(entry: &Value) {
    let name = text(entry, "name");
    let body_hash = acs3::body_hash(entry["body"].as_str().unwrap_or_default().as_bytes());
    let headers = pairs(&entry["headers_before_authorization"]);
    let (_, fields) = text(entry, "authorization").split_once("SignedHeaders=").expect("a list");
    let signed_headers: Vec<&str> = fields.split(',').next().unwrap_or_default().split(';').collect();
    let canonical = acs3::canonical_request(&acs3::Request {
        method: text(entry, "method"),
        query: &pairs(&entry["query_params"]),
        headers: &headers,
        signed_headers: &signed_headers,
        body_hash: &body_hash,
    });
    assert_eq!(canonical, text(entry, "canonical_request"), "{name}");
    let string_to_sign = acs3::string_to_sign(&canonical);
    assert_eq!(string_to_sign, text(entry, "string_to_sign"), "{name}");
    let signature = acs3::signature(text(entry, "access_key_secret"), &string_to_sign);
    assert_eq!(signature, text(entry, "signature"), "{name}");
}

fn check_rpc(entry: &Value) {
    let name = text(entry, "name");
    let parameters = pairs(&entry["signed_params"]);
    let method = text(entry, "method");
    if let Some(canonical) = entry["canonical_query"].as_str() {
        assert_eq!(rpc_v1::canonical_query(&parameters), canonical, "{name}");
    }
    let string_to_sign = rpc_v1::string_to_sign(method, &parameters);
    assert_eq!(string_to_sign, text(entry, "string_to_sign"), "{name}");
    let secret = text(entry, "access_key_secret");
    assert_eq!(rpc_v1::signature(secret, &string_to_sign), text(entry, "signature"), "{name}");
    check_common_parameters(entry, name, &parameters);
}

/// Our own common parameters must be those that the SDK sent, but for the empty `SignatureType`.
fn check_common_parameters(entry: &Value, name: &str, parameters: &Pairs) {
    let Some(nonce) = entry["nonce"].as_str() else { return };
    let of = |key: &str| parameters.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
    let mut credential =
        Credential::long_lived(text(entry, "access_key_id"), text(entry, "access_key_secret"));
    if let Some(token) = entry["security_token"].as_str() {
        credential = credential.with_token(token);
    }
    let (Some(action), Some(version)) = (of("Action"), of("Version")) else { return };
    let time = text(entry, "timestamp").parse().expect("a time");
    let call = rpc_v1::Call { action, version, region: of("RegionId"), time, nonce };
    for (key, value) in rpc_v1::common_parameters(&call, &credential) {
        let (ours, theirs) = (value.as_str(), of(&key).unwrap_or_default());
        // Some of their classes ask for `json`, which the service takes as well.
        assert!(
            ours == theirs || key == "Format" && ours.eq_ignore_ascii_case(theirs),
            "{name}: {key} {theirs}"
        );
    }
}

#[test]
fn oss_vectors() {
    let file = vectors("oss.json");
    let (mut checked, mut skipped) = (0, 0);
    for entry in entries(&file, "signature_vectors") {
        if entry.get("quirk").is_some() {
            skipped += 1;
            continue;
        }
        check_oss(entry);
        checked += 1;
    }
    println!("oss_vectors: {checked} agree, {skipped} skipped (quirks)");
}

/// The headers of a vector that the caller of a signer gives, without those that the signer adds.
fn given_headers(entry: &Value) -> Pairs {
    let added = ["authorization", "date", "x-oss-date", "x-oss-content-sha256", "x-oss-security-token"];
    let mut headers = pairs(&entry["headers"]);
    headers.retain(|(name, _)| !added.contains(&name.to_ascii_lowercase().as_str()));
    headers
}

fn query_of(url: &str) -> Pairs {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        // Their HTTP library writes a space as `+`.
        let value = &value.replace('+', "%20");
        (encode::decode(name).expect("UTF-8"), encode::decode(value).expect("UTF-8"))
    };
    query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

fn check_oss(entry: &Value) {
    let name =
        format!("{} {} {} {}", text(entry, "name"), text(entry, "sdk"), text(entry, "version"), entry["key"]);
    let mut credential = Credential::long_lived(text(entry, "ak"), text(entry, "sk"));
    if let Some(token) = entry["sts"].as_str() {
        credential = credential.with_token(token);
    }
    let presigned = entry["presigned_url"].as_str();
    let url = presigned.unwrap_or_else(|| text(entry, "url"));
    let signature_parameters = ["OSSAccessKeyId", "Expires", "Signature", "security-token"];
    let mut query = query_of(url);
    let sent_query = query.clone();
    query.retain(|(k, _)| !signature_parameters.contains(&k.as_str()) && !k.starts_with("x-oss-"));
    let headers = if presigned.is_some() { presigned_headers(entry) } else { given_headers(entry) };
    let method = entry["method"].as_str().unwrap_or_else(|| {
        let signed = entry["canonical_request"].as_str().unwrap_or_else(|| text(entry, "string_to_sign"));
        signed.split('\n').next().unwrap_or_default()
    });
    let (bucket, key) = (entry["bucket"].as_str(), entry["key"].as_str());
    let request = OssRequest { method, bucket, key, query: &query, headers: &headers };
    let time: jiff::Timestamp = text(entry, "time").parse().expect("a time");
    let sent = |name: &str| sent_query.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone());
    let signed = match (text(entry, "version"), presigned) {
        ("v4", None) => oss_v4::sign(&request, &credential, text(entry, "region"), time),
        ("v4", Some(_)) => {
            let seconds = sent("x-oss-expires").expect("seconds").parse().expect("a number");
            oss_v4::presign(&request, &credential, text(entry, "region"), time, seconds)
        }
        (_, None) => {
            oss_v1::sign(&request, &credential, &time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        }
        (_, Some(_)) => {
            let expires = sent("Expires").expect("an expiry").parse().expect("a number");
            oss_v1::presign(&request, &credential, expires)
        }
    };
    if let Some(canonical) = entry["canonical_request"].as_str() {
        assert_eq!(signed.canonical_request, canonical, "{name}");
    }
    assert_eq!(signed.string_to_sign, text(entry, "string_to_sign"), "{name}");
    let ours = |name: &str| signed.add.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone());
    if presigned.is_some() {
        for key in ["Signature", "x-oss-signature"] {
            assert_eq!(ours(key), sent(key), "{name}: {key}");
        }
    } else {
        let spaces_differ = |text: &str| text.replace(", ", ",");
        let authorization = spaces_differ(&ours("authorization").expect("signed"));
        assert_eq!(authorization, spaces_differ(text(entry, "authorization")), "{name}");
    }
}

/// A presigned vector has no list of headers; a content type shows in what was signed.
fn presigned_headers(entry: &Value) -> Pairs {
    let mut headers = given_headers(entry);
    let signed = entry["canonical_request"].as_str().unwrap_or_else(|| text(entry, "string_to_sign"));
    let v1_type = entry["canonical_request"].is_null().then(|| signed.split('\n').nth(2).unwrap_or_default());
    let v4_type = signed.lines().find_map(|line| line.strip_prefix("content-type:"));
    if let Some(value) = v4_type.or(v1_type).filter(|v| !v.is_empty()) {
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        headers.push(("content-type".into(), value.into()));
    }
    headers
}

#[test]
fn crc_vectors() {
    use crc_fast::{CrcAlgorithm::Crc64Xz, checksum, checksum_combine};
    let file = vectors("oss.json");
    let crc64 = &file["crc64"];
    let pattern = |len: u64| (0..len).map(|i| ((i * 7 + 3) & 255) as u8).collect::<Vec<u8>>();
    let number = |value: &Value| -> u64 { value.as_str().expect("decimal text").parse().expect("a number") };
    for entry in entries(crc64, "single") {
        let data = match (entry["data_hex"].as_str(), entry["len"].as_u64().expect("a length")) {
            (Some(hex), _) => {
                (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
            }
            (None, len) if text(entry, "name").contains("zero") => vec![0; usize::try_from(len).unwrap()],
            (None, len) if text(entry, "name").contains("0xff") => vec![0xff; usize::try_from(len).unwrap()],
            (None, len) => pattern(len),
        };
        assert_eq!(checksum(Crc64Xz, &data), number(&entry["crc64"]), "{entry}");
    }
    let combined = entries(crc64, "combine");
    for entry in &combined {
        let whole = entries(entry, "parts").iter().fold(0, |so_far, part| {
            checksum_combine(Crc64Xz, so_far, number(&part["crc64"]), part["len"].as_u64().expect("a length"))
        });
        assert_eq!(whole, number(&entry["combined"]), "{entry}");
    }
    for entry in entries(&file, "content_md5") {
        let digest = <md5::Md5 as md5::Digest>::digest(text(entry, "data").as_bytes());
        let encoded = base64::engine::general_purpose::STANDARD.encode(digest);
        assert_eq!(encoded, text(entry, "content_md5"));
    }
    println!("crc_vectors: {} combined", combined.len());
}
