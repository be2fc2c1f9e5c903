//! A TCP connection between two servers that can be cut in the middle of a message and mended.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What a cable does now.
#[derive(Default)]
struct Inner {
    /// Bytes that still pass; negative: as many as come.
    left: AtomicI64,
    /// How often bytes did not pass.
    breaks: AtomicU64,
    /// Both ends of every connection.
    open: Mutex<Vec<TcpStream>>,
}

/// A cable to a server.
pub(crate) struct Cable {
    /// Where it begins.
    pub(crate) address: String,
    inner: Arc<Inner>,
}

impl Cable {
    /// A whole one.
    pub(crate) fn new(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound").to_string();
        let inner = Arc::new(Inner { left: AtomicI64::new(-1), ..Inner::default() });
        let (shared, to) = (Arc::clone(&inner), to.to_owned());
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (Ok(near), Ok(far)) = (near, TcpStream::connect(&to)) else { continue };
                let both = [near.try_clone().expect("a handle"), far.try_clone().expect("a handle")];
                shared.open.lock().expect("sound").extend(both);
                let ends = [near.try_clone().expect("a handle"), far.try_clone().expect("a handle")];
                let [near_again, far_again] = ends;
                for (from, into) in [(near, far_again), (far, near_again)] {
                    let shared = Arc::clone(&shared);
                    std::thread::spawn(move || carry(from, into, &shared));
                }
            }
        });
        Self { address, inner }
    }

    /// Cuts it now; nothing passes any more.
    pub(crate) fn cut(&self) {
        self.break_after(0);
        for end in self.inner.open.lock().expect("sound").drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Lets so many bytes pass, then none.
    pub(crate) fn break_after(&self, bytes: i64) {
        self.inner.left.store(bytes, Ordering::SeqCst);
    }

    /// Whole again.
    pub(crate) fn mend(&self) {
        self.inner.left.store(-1, Ordering::SeqCst);
    }

    /// How often bytes did not pass.
    pub(crate) fn breaks(&self) -> u64 {
        self.inner.breaks.load(Ordering::SeqCst)
    }
}

/// Carries bytes one way until an end closes or the cable is cut.
fn carry(mut from: TcpStream, mut into: TcpStream, cable: &Inner) {
    let mut bytes = [0; 512];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let left = cable.left.load(Ordering::SeqCst);
        if left >= 0 {
            let now = left - i64::try_from(count).expect("few");
            cable.left.store(now.max(0), Ordering::SeqCst);
            if now < 0 {
                cable.breaks.fetch_add(1, Ordering::SeqCst);
                break;
            }
        }
        if into.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = into.shutdown(Shutdown::Both);
}
