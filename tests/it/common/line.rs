//! A line between programs and their cloud: slow, breaking, with boxes on it that lose, answer or hold back.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// What becomes of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It goes through, and so does its answer.
    #[default]
    Passes,
    /// The connection ends before anything reaches the cloud.
    Unsent,
    /// The cloud answers, and nothing of the answer comes back.
    Unanswered,
    /// The cloud answers, and the answer comes back once this is set.
    AnsweredOnce(Arc<OnceLock<()>>),
    /// Half of the answer's first bytes come back.
    HalfAnswered,
    /// Somebody else answers, with these bytes.
    Instead(Vec<u8>),
    /// The connection ends, and the request reaches the cloud later.
    Late(Duration),
    /// It reaches nobody, and the connection stays open.
    Held,
}

/// What a network answers that wants a login first.
pub const LOGIN: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 34\r\n\r\n<html>Log in to the network</html>";

/// The number of the part, of 1 MiB where it is read, that a request sends or reads.
pub fn part_of(head: &[u8]) -> Option<u64> {
    let head = String::from_utf8_lossy(head).to_lowercase();
    let number = |before: &str| {
        let digits = head.split_once(before)?.1.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<u64>().ok()
    };
    number("partnumber=").or_else(|| Some((number("range: bytes=")? >> 20) + 1))
}

type Judge = dyn Fn(&[u8]) -> Fate + Send + Sync;

/// The line; it lies there until the test ends.
#[derive(Clone)]
pub struct Line {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    cloud: SocketAddr,
    judge: Box<Judge>,
    is_healed: AtomicBool,
    /// Bytes per second to the cloud, all connections together.
    rate: Option<u64>,
    free: Mutex<Option<Instant>>,
    /// All connections break when so many bytes have gone to the cloud since they last did.
    breaks_every: Option<u64>,
    since: AtomicU64,
    breaks: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
    up: AtomicU64,
    /// Late requests that have not arrived.
    held: AtomicUsize,
}

impl Line {
    /// One on which each request's first bytes decide what becomes of it.
    pub fn judged(cloud: &str, judge: impl Fn(&[u8]) -> Fate + Send + Sync + 'static) -> Self {
        Self::new(cloud, Box::new(judge), None, None)
    }

    /// One that breaks each time that many bytes have gone to the cloud, and is no faster than that.
    pub fn breaking(cloud: &str, every: u64, rate: Option<u64>) -> Self {
        Self::new(cloud, Box::new(|_| Fate::Passes), Some(every), rate)
    }

    fn new(cloud: &str, judge: Box<Judge>, breaks_every: Option<u64>, rate: Option<u64>) -> Self {
        let cloud = cloud.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            cloud,
            judge,
            is_healed: AtomicBool::new(false),
            rate,
            free: Mutex::default(),
            breaks_every,
            since: AtomicU64::default(),
            breaks: AtomicUsize::default(),
            open: Mutex::default(),
            up: AtomicU64::default(),
            held: AtomicUsize::default(),
        });
        let line = Self { address, shared };
        let accepting = line.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                accepting.connect(client.unwrap());
            }
        });
        line
    }

    /// What the program has to take for its cloud.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One on which these first parts of an object go through, and the others are held: who sends or reads an object stops
    /// there, however fast or slow the machine is.
    pub fn of_parts(cloud: &str, parts: u64) -> Self {
        Self::judged(cloud, move |head| {
            if part_of(head).is_some_and(|part| part > parts) { Fate::Held } else { Fate::Passes }
        })
    }

    /// Everything passes from now on.
    pub fn heal(&self) {
        self.shared.is_healed.store(true, Ordering::SeqCst);
    }

    /// No longer so.
    pub fn ail(&self) {
        self.shared.is_healed.store(false, Ordering::SeqCst);
    }

    /// Bytes that went to the cloud.
    pub fn up(&self) -> u64 {
        self.shared.up.load(Ordering::Relaxed)
    }

    /// How often it broke.
    pub fn breaks(&self) -> usize {
        self.shared.breaks.load(Ordering::Relaxed)
    }

    /// Waits until every late request has arrived.
    pub fn until_all_arrived(&self) {
        while self.shared.held.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn connect(&self, client: TcpStream) {
        let Ok(cloud) = TcpStream::connect(self.shared.cloud) else { return };
        let clone = |stream: &TcpStream| stream.try_clone().unwrap();
        self.shared.open.lock().unwrap().extend([clone(&client), clone(&cloud)]);
        let fate = Arc::new(Mutex::new((false, Fate::Passes)));
        let (shared, of_up) = (Arc::clone(&self.shared), Arc::clone(&fate));
        let (from, to) = (clone(&client), clone(&cloud));
        std::thread::spawn(move || shared.up(from, to, &of_up));
        let shared = Arc::clone(&self.shared);
        std::thread::spawn(move || shared.down(cloud, client, &fate));
    }
}

impl Shared {
    /// Copies to the cloud; a new request begins with the first bytes after some have come down.
    fn up(self: &Arc<Self>, mut from: TcpStream, mut to: TcpStream, state: &Mutex<(bool, Fate)>) {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let bytes = &buffer[..length];
            let fate = {
                let mut state = state.lock().unwrap();
                if !std::mem::replace(&mut state.0, true) {
                    let is_healed = self.is_healed.load(Ordering::SeqCst);
                    state.1 = if is_healed { Fate::Passes } else { (self.judge)(bytes) };
                }
                state.1.clone()
            };
            match fate {
                Fate::Passes | Fate::Unanswered | Fate::HalfAnswered | Fate::AnsweredOnce(_) => {}
                Fate::Held => continue,
                Fate::Unsent => break,
                Fate::Instead(answer) => {
                    from.write_all(&answer).ok();
                    break;
                }
                Fate::Late(delay) => {
                    self.hold(bytes.to_vec(), delay);
                    break;
                }
            }
            self.pace(length as u64);
            if to.write_all(bytes).is_err() || self.breaks_now(length as u64) {
                break;
            }
        }
        from.shutdown(Shutdown::Both).ok();
        to.shutdown(Shutdown::Both).ok();
    }

    fn down(&self, mut from: TcpStream, mut to: TcpStream, state: &Mutex<(bool, Fate)>) {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let fate = {
                let mut state = state.lock().unwrap();
                state.0 = false;
                state.1.clone()
            };
            let through = match fate {
                Fate::Unanswered => 0,
                Fate::HalfAnswered => length / 2,
                Fate::AnsweredOnce(set) => {
                    set.wait();
                    length
                }
                _ => length,
            };
            if to.write_all(&buffer[..through]).is_err() || through < length {
                break;
            }
        }
        from.shutdown(Shutdown::Both).ok();
        to.shutdown(Shutdown::Both).ok();
    }

    /// A small request reaches the cloud after a while, and nobody hears the answer.
    fn hold(self: &Arc<Self>, request: Vec<u8>, delay: Duration) {
        self.held.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(self);
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            if let Ok(mut cloud) = TcpStream::connect(shared.cloud) {
                cloud.write_all(&request).ok();
                let _answer = cloud.read(&mut [0; 1024]);
            }
            shared.held.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn pace(&self, bytes: u64) {
        self.up.fetch_add(bytes, Ordering::Relaxed);
        let Some(rate) = self.rate else { return };
        let until = {
            let mut free = self.free.lock().unwrap();
            let now = Instant::now();
            let until =
                free.filter(|at| *at > now).unwrap_or(now) + Duration::from_micros(bytes * 1_000_000 / rate);
            *free = Some(until);
            until
        };
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
    }

    fn breaks_now(&self, bytes: u64) -> bool {
        let Some(every) = self.breaks_every else { return false };
        if self.since.fetch_add(bytes, Ordering::SeqCst) + bytes < every {
            return false;
        }
        self.since.store(0, Ordering::SeqCst);
        self.breaks.fetch_add(1, Ordering::Relaxed);
        for stream in self.open.lock().unwrap().drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
        true
    }
}
