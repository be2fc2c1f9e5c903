//! Hosts that follow a script: what no server at hand speaks any more, and what is no TLS server at all.

use crate::looking::{look, look_as, look_briefly, patient, suites};
use kmipspec::tls::observation::{Answer, Host, Order, Stranger};
use kmipspec::tls::{Mode, Options, TlsVersion};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Starts a host; each connection is one call, on a thread of its own.
fn host(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let behave = Arc::new(behave);
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let behave = Arc::clone(&behave);
            thread::spawn(move || behave(socket));
        }
    });
    address
}

/// What arrives first.
fn heard(socket: &mut TcpStream) -> Vec<u8> {
    let mut buffer = vec![0; 4096];
    let length = socket.read(&mut buffer).unwrap_or(0);
    buffer.truncate(length);
    buffer
}

/// Reads until the other side goes.
fn wait(mut socket: TcpStream) {
    let mut buffer = [0; 4096];
    while socket.read(&mut buffer).is_ok_and(|n| n > 0) {}
}

/// Goes after a while: who waits for the rest of a handshake gets none, and need not wait to the end of its patience.
fn go(socket: TcpStream) {
    let _ = socket.set_read_timeout(Some(std::time::Duration::from_secs(1)));
    wait(socket);
}

/// The suites of a ClientHello of SSL 3.0 and later, with its version.
fn offered(hello: &[u8]) -> Option<(u16, Vec<u16>)> {
    if hello.first() != Some(&22) {
        return None;
    }
    let version = u16::from_be_bytes([*hello.get(9)?, *hello.get(10)?]);
    let session = usize::from(*hello.get(43)?);
    let at = 44 + session;
    let length = usize::from(u16::from_be_bytes([*hello.get(at)?, *hello.get(at + 1)?]));
    let list = hello.get(at + 2..at + 2 + length)?;
    Some((version, list.chunks(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect()))
}

/// A ServerHello without session and extensions.
fn server_hello(version: u16, suite: u16) -> Vec<u8> {
    let [major, minor] = version.to_be_bytes();
    let [a, b] = suite.to_be_bytes();
    let mut record = vec![22, major, minor, 0, 42, 2, 0, 0, 38, major, minor];
    record.extend([9; 32]);
    record.extend([0, a, b, 0]);
    record
}

/// A fatal alert.
fn alert(code: u8) -> Vec<u8> {
    vec![21, 3, 0, 0, 2, 2, code]
}

/// Speaks SSL 3.0 with two suites in an order of its own, and nothing else.
fn ssl3(mut socket: TcpStream) {
    let hello = heard(&mut socket);
    let answer = match offered(&hello) {
        Some((0x0300, suites)) => match [0x0005, 0x000A].into_iter().find(|s| suites.contains(s)) {
            Some(suite) => server_hello(0x0300, suite),
            None => alert(40),
        },
        Some(_) => alert(70),
        // Not a word to SSL 2.0.
        None => return,
    };
    let _ = socket.write_all(&answer);
    go(socket);
}

#[test]
fn a_host_of_ssl_3_is_enumerated_in_both_modes() {
    let address = host(ssl3);
    for mode in [Mode::Fast, Mode::Each] {
        let seen = look(&address, mode);
        assert_eq!(seen.host, Host::Tls);
        let of = seen.version(TlsVersion::Ssl3).expect("looked at");
        let names = suites(&seen, TlsVersion::Ssl3);
        let wanted = ["TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA"];
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
        assert!(of.complete);
        assert_eq!(of.order, Order::Server);
        assert_eq!(of.refusal, Some(Answer::Alert { level: 2, code: 40 }));
        for version in [TlsVersion::Tls10, TlsVersion::Tls11, TlsVersion::Tls12, TlsVersion::Tls13] {
            let of = seen.version(version).expect("looked at");
            assert!(of.suites.is_empty() && of.complete, "{version}");
            assert_eq!(of.refusal, Some(Answer::Alert { level: 2, code: 70 }), "{version}");
        }
        assert_eq!(seen.version(TlsVersion::Ssl2).expect("looked at").refusal, Some(Answer::Closed { after: 0 }));
    }
}

/// Speaks SSL 2.0 with two kinds of cipher, and closes on anything else.
fn ssl2(mut socket: TcpStream) {
    let hello = heard(&mut socket);
    if hello.get(2..5) != Some(&[1, 0, 2]) {
        return;
    }
    let length = usize::from(u16::from_be_bytes([hello[5], hello[6]]));
    let known = [[1, 0, 0x80], [7, 0, 0xC0]];
    let common: Vec<u8> =
        hello[11..11 + length].chunks(3).filter(|kind| known.iter().any(|k| k == kind)).flatten().copied().collect();
    let answer = if common.is_empty() {
        vec![0x80, 3, 0, 0, 1]
    } else {
        let mut body = vec![4, 0, 1, 0, 2, 0, 0, 0, u8::try_from(common.len()).expect("short"), 0, 16];
        body.extend(&common);
        body.extend([5; 16]);
        let mut record = vec![0x80, u8::try_from(body.len()).expect("short")];
        record.extend(body);
        record
    };
    // In two pieces: records do not arrive whole.
    let (a, b) = answer.split_at(1);
    let _ = socket.write_all(a);
    thread::yield_now();
    let _ = socket.write_all(b);
    go(socket);
}

#[test]
fn a_host_of_ssl_2_is_enumerated_in_both_modes() {
    let address = host(ssl2);
    for mode in [Mode::Fast, Mode::Each] {
        let seen = look(&address, mode);
        assert_eq!(seen.host, Host::Tls);
        let names = suites(&seen, TlsVersion::Ssl2);
        let wanted = ["SSL_CK_DES_192_EDE3_CBC_WITH_MD5", "SSL_CK_RC4_128_WITH_MD5"];
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), wanted, "{mode:?}");
        assert!(seen.versions.iter().skip(1).all(|v| v.suites.is_empty() && v.complete));
    }
}

#[test]
fn an_answer_in_another_version_or_with_a_suite_not_offered_counts_for_nothing() {
    let seen = look(
        &host(|mut socket| {
            let hello = heard(&mut socket);
            let answer = match offered(&hello) {
                // TLS 1.2 for everyone from TLS 1.2 on, like servers that do not know TLS 1.3.
                Some((0x0303, suites)) if suites.contains(&0x002F) => server_hello(0x0303, 0x002F),
                Some((0x0301, _)) => server_hello(0x0301, 0x1234),
                _ => alert(40),
            };
            let _ = socket.write_all(&answer);
            go(socket);
        }),
        Mode::Fast,
    );
    assert_eq!(suites(&seen, TlsVersion::Tls12).into_iter().collect::<Vec<_>>(), ["TLS_RSA_WITH_AES_128_CBC_SHA"]);
    let of = |version| seen.version(version).expect("looked at");
    assert_eq!(of(TlsVersion::Tls13).refusal, Some(Answer::OtherVersion { version: 0x0303, suite: 0x2F }));
    assert!(of(TlsVersion::Tls13).suites.is_empty() && of(TlsVersion::Tls13).complete);
    assert_eq!(of(TlsVersion::Tls10).refusal, Some(Answer::Unoffered { suite: 0x1234 }));
    assert!(!of(TlsVersion::Tls10).complete, "what it takes there is not known");
}

#[test]
fn a_version_that_goes_silent_is_given_up_and_the_others_are_not() {
    let address = host(|mut socket| {
        let hello = heard(&mut socket);
        match offered(&hello) {
            Some((0x0302, _)) => wait(socket),
            Some((0x0303, suites)) if suites.contains(&0x002F) => {
                let _ = socket.write_all(&server_hello(0x0303, 0x002F));
                wait(socket);
            }
            _ => {
                let _ = socket.write_all(&alert(70));
                wait(socket);
            }
        }
    });
    let seen = look_briefly(&address);
    let of = seen.version(TlsVersion::Tls11).expect("looked at");
    assert_eq!((of.complete, &of.refusal), (false, &Some(Answer::TimedOut { after: 0 })));
    assert_eq!(suites(&seen, TlsVersion::Tls12).len(), 1);
}

#[test]
fn a_connection_dropped_now_and_then_hides_no_suite() {
    let count = AtomicUsize::new(0);
    let address = host(move |socket| {
        if count.fetch_add(1, Ordering::SeqCst) % 3 != 2 {
            ssl3(socket);
        }
    });
    for mode in [Mode::Fast, Mode::Each] {
        // One after the other, or two in a row could be dropped for the same suite.
        // It is only about SSL 3.0, the second version asked for.
        let options = Options { mode, jobs: 1, limit: 900, ..patient() };
        let seen = look_as(&address, options, None);
        assert_eq!(suites(&seen, TlsVersion::Ssl3).len(), 2, "{mode:?}");
        assert!(seen.version(TlsVersion::Ssl3).is_some_and(|v| v.complete), "{mode:?}");
    }
}

#[test]
fn the_number_of_connections_has_a_limit() {
    let options = Options { mode: Mode::Each, limit: 50, ..patient() };
    let seen = look_as(&host(ssl3), options, None);
    assert_eq!(seen.connections, 50);
    assert!(seen.versions.iter().any(|v| !v.complete));
    assert!(seen.notes.iter().any(|note| note.contains("limit of 50 connections")), "{:?}", seen.notes);
}

/// What a host is found to be.
fn what(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> Host {
    let seen = look_briefly(&host(behave));
    assert!(seen.versions.is_empty() || seen.host == Host::Tls);
    seen.host
}

/// Which stranger a host is found to be.
fn which(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> Stranger {
    match what(behave) {
        Host::NotTls { what, .. } => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_silent_host_is_called_silent() {
    assert_eq!(what(wait), Host::Silent);
}

#[test]
fn a_host_that_stalls_is_called_so() {
    let stall = |mut socket: TcpStream| {
        heard(&mut socket);
        let _ = socket.write_all(&[22, 3, 3, 0, 42, 2, 0, 0, 38]);
        wait(socket);
    };
    assert_eq!(what(stall), Host::Stalls { after: 9 });
}

#[test]
fn a_host_that_only_closes_is_called_so() {
    assert_eq!(what(drop), Host::Closes);
}

#[test]
fn a_kmip_server_without_tls_is_called_so_whatever_it_makes_of_a_hello() {
    // One that reads a hello as TTLV waits for what its length promises; one that looks closer closes or complains.
    let answer = |mut socket: TcpStream| {
        let _ = socket.write_all(&[0x42, 0x00, 0x7B, 0x01, 0, 0, 0, 0]);
        wait(socket);
    };
    let patient = move |mut socket: TcpStream| {
        if heard(&mut socket).starts_with(&[0x42, 0x00, 0x78]) { answer(socket) } else { wait(socket) }
    };
    let strict = move |mut socket: TcpStream| {
        if heard(&mut socket).starts_with(&[0x42, 0x00, 0x78]) {
            answer(socket);
        }
    };
    let complaining = move |mut socket: TcpStream| {
        heard(&mut socket);
        answer(socket);
    };
    assert_eq!(which(patient), Stranger::PlainKmip);
    assert_eq!(which(strict), Stranger::PlainKmip);
    assert_eq!(which(complaining), Stranger::PlainKmip);
}

#[test]
fn an_http_server_without_tls_is_called_so_whatever_it_makes_of_a_hello() {
    let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let complaining = move |mut socket: TcpStream| {
        heard(&mut socket);
        let _ = socket.write_all(answer);
    };
    let closing = move |mut socket: TcpStream| {
        if heard(&mut socket).starts_with(b"GET ") {
            let _ = socket.write_all(answer);
        }
    };
    assert_eq!(which(complaining), Stranger::Http);
    assert_eq!(which(closing), Stranger::Http);
}

#[test]
fn a_mail_server_is_known_by_its_banner_even_if_it_hangs_up_on_a_hello() {
    let greeting = |mut socket: TcpStream| {
        let _ = socket.write_all(b"220 mx.example ESMTP ready\r\n");
        wait(socket);
    };
    // Waits before it greets, and will not be spoken to before.
    let pausing = |mut socket: TcpStream| {
        let _ = socket.set_read_timeout(Some(std::time::Duration::from_millis(100)));
        if heard(&mut socket).is_empty() {
            let _ = socket.set_read_timeout(None);
            let _ = socket.write_all(b"220 mx.example ESMTP ready\r\n");
            wait(socket);
        }
    };
    assert_eq!(which(greeting), Stranger::Smtp);
    assert_eq!(which(pausing), Stranger::Smtp);
}

#[test]
fn what_is_not_known_is_shown_with_its_first_bytes() {
    let seen = what(|mut socket| {
        let _ = socket.write_all(b"hello?");
        wait(socket);
    });
    assert_eq!(seen, Host::NotTls { what: Stranger::Unknown, first: "68656c6c6f3f".to_owned() });
}

#[test]
fn nobody_there_is_no_verdict() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    let mut program = Command::new(env!("CARGO_BIN_EXE_kmipspec"));
    let output = program.args(["tls", "--target", &address]).output().expect("kmipspec runs");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stdout).contains("not reached: connection refused"));
}
