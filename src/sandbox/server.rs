//! The HTTP server on 127.0.0.1: connections, routing, the faults of the network.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::cloud::Cloud;
use super::exchange::{self, Broken, Intake, Outgoing, lose};
use super::faults::Transient;
use super::http::{Request, Response, parse_query};
use super::log::Entry;
use super::options::Options;
use super::route::{Route, route};
use super::{guard, oss, rpc, time};

/// The longest body of a request to another service than OSS, in bytes.
const SMALL_BODY_BYTES: usize = 1 << 20;

/// How long requests that are under way may take to end when the sandbox does.
const SHUTDOWN_TIME: Duration = Duration::from_secs(2);

/// How often the services look what has come due.
const SETTLE_EVERY: Duration = Duration::from_millis(50);

/// A running sandbox: it serves until it is dropped, and leaves nothing behind.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    cloud: Arc<Cloud>,
    // None only while it is dropped.
    runtime: Option<Runtime>,
}

impl Sandbox {
    /// Binds 127.0.0.1 and begins to serve, on threads of its own.
    ///
    /// # Errors
    /// When the port is taken, or the folder, the device or the log can't be made.
    pub fn start(options: Options) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(4).build()?;
        let port = options.port;
        let taken = |e: io::Error| io::Error::new(e.kind(), format!("port {port} of 127.0.0.1: {e}"));
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port))).map_err(taken)?;
        let address = listener.local_addr()?;
        let cloud = Arc::new(Cloud::new(options)?);
        cloud.listens(address);
        runtime.spawn(accept(listener, Arc::clone(&cloud)));
        runtime.spawn(settle(Arc::clone(&cloud)));
        Ok(Self { address, cloud, runtime: Some(runtime) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn cloud(&self) -> &Cloud {
        &self.cloud
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(SHUTDOWN_TIME);
        }
        // A task that did not end in time holds the cloud; its folder goes nevertheless.
        std::fs::remove_dir_all(self.cloud.folder()).ok();
    }
}

async fn accept(listener: TcpListener, cloud: Arc<Cloud>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, peer, Arc::clone(&cloud)));
            }
            // Too many open files, most likely: let some of them close.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Lets time pass in the services also while nobody calls them: a build writes its log, a chip comes to life.
async fn settle(cloud: Arc<Cloud>) {
    let mut ticks = tokio::time::interval(SETTLE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        rpc::settle(&cloud);
        for (instance, listener) in rpc::take_listeners(&cloud) {
            if let Ok(listener) = TcpListener::from_std(listener) {
                tokio::spawn(own_metadata(listener, Arc::clone(&cloud), instance));
            }
        }
    }
}

/// Serves the metadata of one instance for as long as there is one.
async fn own_metadata(listener: TcpListener, cloud: Arc<Cloud>, instance: String) {
    let gone = Arc::new(AtomicBool::new(false));
    while !gone.load(Ordering::Relaxed) {
        let Ok((stream, peer)) = listener.accept().await else { return };
        let foreign = is_foreign(&stream, peer);
        let (cloud, instance, gone) = (Arc::clone(&cloud), instance.clone(), Arc::clone(&gone));
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let request = request_of(&request.into_parts().0);
            let mut entry = cloud.log.entry(&request, false);
            entry.names("metadata", "");
            let refusal = guard::refusal(&request, foreign);
            let answer = refusal.or_else(|| rpc::metadata_of(&cloud, &request, &instance));
            gone.fetch_or(answer.is_none(), Ordering::Relaxed);
            let mut response = answer.unwrap_or_else(|| Response::new(404));
            entry.answered(response.status, response.code.take());
            std::future::ready(Ok::<_, Broken>(wire(response, Arc::clone(&cloud), entry)))
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn is_foreign(stream: &TcpStream, peer: SocketAddr) -> bool {
    stream.local_addr().is_ok_and(|here| guard::is_of_another_user(peer, here))
}

/// Serves one connection to its end, which is a reset if a fault wants it.
async fn connection(stream: TcpStream, peer: SocketAddr, cloud: Arc<Cloud>) {
    stream.set_nodelay(true).ok();
    let foreign = is_foreign(&stream, peer);
    let service = service_fn(move |request| Box::pin(serve(Arc::clone(&cloud), request, foreign)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if ended.err().is_some_and(|error| broken(&error) == Some(Broken::Reset)) {
        stream.set_zero_linger().ok();
    }
}

fn broken(error: &(dyn Error + 'static)) -> Option<Broken> {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(broken) = error.downcast_ref::<Broken>() {
            return Some(*broken);
        }
        source = error.source();
    }
    None
}

/// Answers one request.
async fn serve(
    cloud: Arc<Cloud>,
    request: hyper::Request<hyper::body::Incoming>,
    foreign: bool,
) -> Result<hyper::Response<Outgoing>, Broken> {
    let (head, body) = request.into_parts();
    let mut request = request_of(&head);
    let route = route(&request);
    let mut entry = cloud.log.entry(&request, matches!(route, Route::Oss(_)));
    if let Some(mut refusal) = guard::refusal(&request, foreign) {
        entry.answered(refusal.status, refusal.code.take());
        return Ok(wire(refusal, cloud, entry));
    }
    let mut intake = Intake::new(body, Arc::clone(&cloud), entry.received());
    let answer = match route {
        Route::Rpc => rpc_call(&cloud, &mut request, &mut intake, &mut entry).await,
        Route::Metadata => metadata(&cloud, &mut request, &mut intake, &mut entry).await,
        Route::Oss(target) => oss::answer(&cloud, (&request, &target), &mut intake, &mut entry).await,
    };
    let mut response = finish(answer, &mut intake).await.inspect_err(|broken| match broken {
        Broken::Reset => entry.struck("reset-after"),
        Broken::AnswerLost => entry.struck("lost-answer"),
        Broken::ByClient | Broken::Disk => {}
    })?;
    entry.answered(response.status, response.code.take());
    response.headers.push(("date".into(), time::http_date(cloud.now())));
    Ok(wire(response, cloud, entry))
}

/// Reads what nobody asked for, lest it be taken for the next request.
async fn finish(answer: Result<Response, Broken>, intake: &mut Intake) -> Result<Response, Broken> {
    let response = answer?;
    Ok(if intake.drain().await? { response } else { response.with_header("connection", "close") })
}

async fn rpc_call(
    cloud: &Cloud,
    request: &mut Request,
    intake: &mut Intake,
    entry: &mut Entry,
) -> Result<Response, Broken> {
    let Some(body) = intake.collect(SMALL_BODY_BYTES).await? else { return Ok(Response::new(413)) };
    request.body = body;
    let parameters = request.form_parameters();
    let parameter =
        |wanted: &str| parameters.iter().find(|(name, _)| name == wanted).map(|(_, v)| v.as_str());
    let action = parameter("Action").or(request.header("x-acs-action")).unwrap_or_default().to_owned();
    let version = parameter("Version").or(request.header("x-acs-version")).unwrap_or_default();
    entry.names(rpc_service(version), &action);
    if let Some(transient) = cloud.faults.transient(&action) {
        entry.struck(if transient == Transient::Throttled { "throttle" } else { "server-error" });
        return Ok(rpc::transient(request, transient));
    }
    let response = rpc::answer(cloud, request);
    lose(cloud, &action, response)
}

/// The RPC services by the version of their interface.
fn rpc_service(version: &str) -> &'static str {
    match version {
        "2017-08-24" | "2020-02-17" => "faas",
        "2015-05-01" => "ram",
        "2015-04-01" => "sts",
        "2014-05-26" => "ecs",
        _ => "rpc",
    }
}

async fn metadata(
    cloud: &Cloud,
    request: &mut Request,
    intake: &mut Intake,
    entry: &mut Entry,
) -> Result<Response, Broken> {
    entry.names("metadata", "");
    let Some(body) = intake.collect(SMALL_BODY_BYTES).await? else { return Ok(Response::new(413)) };
    request.body = body;
    Ok(rpc::metadata(cloud, request))
}

fn request_of(head: &hyper::http::request::Parts) -> Request {
    let text = |value: &hyper::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    let host = head.headers.get("host").map(text).unwrap_or_default();
    Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: parse_query(head.uri.query().unwrap_or_default()),
        headers: headers.collect(),
        host: without_port(&host).to_owned(),
        body: Bytes::new(),
    }
}

/// `127.0.0.1` of `127.0.0.1:8080`; an IPv6 address keeps its brackets.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The answer in the HTTP library's form.
fn wire(response: Response, cloud: Arc<Cloud>, entry: Entry) -> hyper::Response<Outgoing> {
    let mut answer = hyper::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        answer = answer.header(name, value.as_bytes());
    }
    let body = match &response.download {
        Some(download) => exchange::streamed(download, cloud, entry),
        None if response.half => {
            answer = answer.header("content-length", response.body.len());
            exchange::half(response.body, entry)
        }
        None => exchange::whole(response.body, entry),
    };
    answer.body(body).expect("statuses and names are the sandbox's own, values are free of line breaks")
}
