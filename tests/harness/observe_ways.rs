//! `kmipspec observe` between clients and servers that speak by HTTP, show no certificate, or ask on a client's connection.

use crate::observe::{as_target, client, runtime};
use crate::observed::Observed;
use crate::program::program;
use kmipspec::client::identity::{ALICE, CertificatePem};
use kmipspec::client::listener::Listening;
use kmipspec::client::{ANONYMOUS, Connection, Encoding, Limits, Listener, https::Shape};
use kmipspec::runner::event::Fate;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_reference_server::certificates::{CertificateSet, CertificateSettings};
use kmipspec_reference_server::{Config, Server};
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// `kmipspec` with these words, at its end.
fn ran(words: &[&str], more: &[&str]) -> Output {
    program().args(words).args(more).stdin(Stdio::null()).output().expect("it ran")
}

/// A message of 2.1 of one batch item.
fn message(of: kmipspec_protocol::ttlv::Tag, operation: Operation, more: Vec<Item>, payload: Item) -> Vec<u8> {
    let response = of == tag::RESPONSE_MESSAGE;
    let version = vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, 2), Item::integer(tag::PROTOCOL_VERSION_MINOR, 1)];
    let mut header = vec![Item::structure(tag::PROTOCOL_VERSION, version)];
    header.extend(response.then(|| Item::date_time(tag::TIME_STAMP, 1_700_000_000)));
    header.push(Item::integer(tag::BATCH_COUNT, 1));
    let header_tag = if response { tag::RESPONSE_HEADER } else { tag::REQUEST_HEADER };
    let mut item = vec![Item::enumeration(tag::OPERATION, operation.0)];
    item.extend(more);
    item.push(payload);
    Item::structure(of, vec![Item::structure(header_tag, header), Item::structure(tag::BATCH_ITEM, item)]).encode()
}

fn request(operation: Operation, payload: Vec<Item>) -> Vec<u8> {
    message(tag::REQUEST_MESSAGE, operation, Vec::new(), Item::structure(tag::REQUEST_PAYLOAD, payload))
}

/// An answer with Result Status, 0 where it succeeds.
fn answer(operation: Operation, status: u32, payload: Vec<Item>) -> Vec<u8> {
    let status = vec![Item::enumeration(tag::RESULT_STATUS, status)];
    message(tag::RESPONSE_MESSAGE, operation, status, Item::structure(tag::RESPONSE_PAYLOAD, payload))
}

fn query() -> Vec<u8> {
    request(Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)])
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[cfg(unix)]
#[test]
fn what_is_said_by_http_is_passed_on_judged_and_played_again() {
    for (encoding, told) in [("https", "TTLV over HTTPS"), ("xml", "XML over HTTPS"), ("json", "JSON over HTTPS")] {
        let observed = Observed::start(&format!("by-{encoding}"), &["--time", "600s"]);
        let case = ["run", "operations.destroy.then-get", "--version", "1.4", "--jobs", "1", "--encoding", encoding];
        let run = ran(&case, &as_target(&observed));
        assert_eq!(run.status.code(), Some(0), "{run:?}");
        let seen = crate::observe::interrupted(observed);
        assert_eq!((seen.code, seen.breaches()), (Some(0), Vec::new()), "{seen:?}");
        assert_eq!(seen.err, "", "{seen:?}");
        let conversations = seen.json["conversations"].as_array().expect("a list");
        let spoken: Vec<&serde_json::Value> =
            conversations.iter().filter(|one| one["requests"] != 0).map(|one| &one["encodings"]).collect();
        assert!(!spoken.is_empty() && spoken.iter().all(|all| **all == serde_json::json!([encoding])), "{spoken:?}");
        let recorded = seen.recorded.to_str().expect("text");
        for carrier in ["ttlv", encoding] {
            let again = ran(&["run", "observed", "--scenarios", recorded, "--encoding", carrier], &[]);
            assert_eq!(again.status.code(), Some(0), "by {carrier}: {again:?}");
        }
        let text = texts(&seen.recorded);
        assert!(text.contains("Get: {UniqueIdentifier: \"$id-1\"}"), "{text}");
        assert!(text.contains(&format!("# Said by {told}; --encoding {encoding} has a replay say it so.")), "{text}");
    }
}

/// The scenarios in a folder, one after the other.
fn texts(recorded: &std::path::Path) -> String {
    let files = std::fs::read_dir(recorded.join("observed")).expect("a folder");
    files.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text")).collect()
}

#[cfg(unix)]
#[test]
fn a_request_by_http_that_is_not_whole_is_told_and_does_not_hold_up_the_end() {
    let observed = Observed::start("half", &["--time", "600s", "--timeout", "1s"]);
    let target = client(&observed);
    let half =
        b"POST /kmip HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 100\r\n\r\nhalf";
    let seen = runtime().block_on(async {
        let mut gone = target.connect(ALICE).await.expect("connected");
        let mut open = target.connect(ALICE).await.expect("connected");
        let shortly = || Instant::now() + Duration::from_millis(500);
        for connection in [&mut gone, &mut open] {
            let reply = connection.exchange(half, false, shortly()).await;
            assert!(matches!(reply.fate, Fate::TimedOut { .. }), "{reply:?}");
        }
        gone.close().await;
        let seen = tokio::task::spawn_blocking(|| crate::observe::interrupted(observed)).await.expect("it ended");
        open.close().await;
        seen
    });
    let whys: Vec<&str> =
        seen.json["troubles"].as_array().expect("a list").iter().filter_map(|t| t["why"].as_str()).collect();
    let told = |what: &str| whys.iter().filter(|why| why.contains(what)).count();
    assert_eq!(told("a request was not passed on: the body could not be read"), 1, "{seen:?}");
    assert_eq!(told("a request was not whole, or its response not read, when it was time to end"), 1, "{seen:?}");
    assert!(seen.out.contains(&format!("  {} troubles beside that (see --json)\n", whys.len())), "{seen:?}");
}

#[test]
fn heads_of_http_have_rules_and_each_side_its_own() {
    let flags = ["--quirk", "http-without-cache-control", "--quirk", "http-status-of-failure"];
    let observed = Observed::start("heads", &[&flags[..], &["--max-conversations", "1"]].concat());
    let target = client(&observed).speaking(Encoding::Https);
    runtime().block_on(async {
        let mut connection = target.connect(ALICE).await.expect("connected");
        let reply = connection.exchange(&query(), false, soon()).await;
        assert_eq!(reply.fate, Fate::Answered);
        connection.shape(Shape { chunked: true, ..Shape::default() });
        let get = request(Operation::GET, vec![Item::text(tag::UNIQUE_IDENTIFIER, "nobody's")]);
        let reply = connection.exchange(&get, false, soon()).await;
        let status = reply.http.map(|head| head.status);
        assert_eq!((reply.fate, status), (Fate::Answered, Some(400)), "it passes as it is");
        // What the server takes for no message of KMIP is no message here either, and the connection goes on.
        connection.shape(Shape { path: Some("/elsewhere".to_owned()), ..Shape::default() });
        let reply = connection.exchange(&query(), false, soon()).await;
        assert!(matches!(&reply.fate, Fate::NotTtlv(why) if why.contains("404")), "{reply:?}");
        connection.close().await;
    });
    let seen = observed.ended();
    let mut found = seen.breaches();
    found.sort();
    let wanted = [
        ["client", "fail", "http.request-content-length"],
        ["server", "fail", "http.status"],
        ["server", "non-strict", "http.cache-control"],
    ];
    let rules = |all: &[[String; 3]]| all.iter().map(|one| one.join(" ")).collect::<Vec<_>>();
    let found: Vec<String> = rules(&found);
    for one in wanted {
        let one = one.join(" ");
        assert!(found.contains(&one), "{one} is not among {found:?}");
    }
    assert!(found.iter().all(|one| !one.starts_with("client") || one.contains("content-length")), "{found:?}");
    assert_eq!(seen.code, Some(4), "{seen:?}");
    assert!(seen.err.contains("the server: HTTP status 404"), "{seen:?}");
    assert_eq!(seen.json["exchanges"], 3);
}

#[test]
fn what_is_no_message_is_passed_on_and_said_to_be_unjudged() {
    let observed = Observed::start("no-message", &["--max-conversations", "1"]);
    let target = client(&observed).speaking(Encoding::Xml);
    runtime().block_on(async {
        let mut connection = target.connect(ALICE).await.expect("connected");
        connection.shape(Shape { content_type: Some("application/json".to_owned()), ..Shape::default() });
        // The bundled server answers what it cannot read by a message that says so.
        let reply = connection.exchange(&query(), false, soon()).await;
        assert!(matches!(reply.fate, Fate::NotTtlv(_)), "{reply:?}");
        assert_eq!(reply.http.map(|head| head.status), Some(200));
        connection.close().await;
    });
    let seen = observed.ended();
    assert_eq!(seen.breaches(), Vec::<[String; 3]>::new(), "{seen:?}");
    assert!(seen.err.contains("the client: the body is no KMIP message in JSON"), "{seen:?}");
    assert!(seen.err.contains("it was passed on, and is not judged"), "{seen:?}");
    assert_eq!(seen.json["not_judged"], 1);
    assert!(!seen.recorded.join("observed/conversation-1.yaml").exists());
}

#[test]
fn who_shows_no_certificate_is_nobody_to_the_server_either() {
    let observed = Observed::start("anonymous", &["--max-conversations", "1"]);
    let target = client(&observed);
    runtime().block_on(async {
        let mut connection = target.connect(ANONYMOUS).await.expect("connected");
        assert_eq!(connection.exchange(&query(), false, soon()).await.fate, Fate::Answered);
        connection.close().await;
    });
    let seen = observed.ended();
    assert_eq!(seen.code, Some(0), "{seen:?}");
    let one = &seen.json["conversations"][0];
    assert_eq!((&one["identity"], &one["client"]), (&"anonymous".into(), &serde_json::Value::Null));

    // A server that asks for one is heard with what it says.
    let server = runtime();
    let started = server.block_on(Server::start(Config::default())).expect("a server");
    let ca = crate::observed::folder("anonymous-ca").join("ca.pem");
    std::fs::write(&ca, started.ca()).expect("written");
    let address = started.address().to_string();
    let flags = ["--upstream", &address, "--ca", ca.to_str().expect("text"), "--max-conversations", "1"];
    let observed = Observed::start("anonymous-refused", &flags);
    let target = client(&observed);
    runtime().block_on(async {
        let mut connection = target.connect(ANONYMOUS).await.expect("connected");
        assert_ne!(connection.exchange(&query(), false, soon()).await.fate, Fate::Answered);
    });
    let seen = observed.ended();
    assert_eq!(seen.code, Some(3), "{seen:?}");
    assert!(seen.err.contains("the server: TLS alert certificate_required"), "{seen:?}");
}

/// A server of the test's own: it answers Query, but first asks Notify on the same connection, and answers once too often.
/// The last says whether it came to the end of that.
async fn who_asks() -> (Listening, PathBuf, String, Arc<AtomicBool>) {
    let done = Arc::new(AtomicBool::new(false));
    let set = CertificateSet::new(&CertificateSettings::default()).expect("certificates");
    let folder = crate::observed::folder("who-asks");
    set.write_to(&folder).expect("written");
    let own =
        CertificatePem { chain: set.server.certificate.clone().into_bytes(), key: set.server.key.clone().into_bytes() };
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    let listener = Listener::on(socket, &own, set.ca.as_bytes()).expect("a listener");
    let ended = Arc::clone(&done);
    let each = move |mut visitor: kmipspec::client::Visitor| {
        let ended = Arc::clone(&ended);
        async move {
            assert_eq!(visitor.message().await, Ok(Some(query())));
            let notify = request(Operation::NOTIFY, vec![Item::text(tag::UNIQUE_IDENTIFIER, "a")]);
            let queried = answer(Operation::QUERY, 0, vec![Item::enumeration(tag::OPERATION, Operation::QUERY.0)]);
            visitor.tell(&notify, None).await.expect("told");
            visitor.tell(&queried, None).await.expect("told");
            // With a status that is none.
            assert_eq!(visitor.message().await, Ok(Some(answer(Operation::NOTIFY, 77, Vec::new()))));
            visitor.tell(&queried, None).await.expect("told");
            assert_eq!(visitor.message().await, Ok(Some(query())), "the conversation goes on");
            visitor.tell(&queried, None).await.expect("told");
            assert_eq!(visitor.message().await, Ok(None));
            visitor.leave().await;
            ended.store(true, Ordering::SeqCst);
        }
    };
    let trouble = Arc::new(|why: String| panic!("{why}"));
    let listening = listener.listen_for(Limits::default(), trouble, each).await.expect("listening");
    (listening, folder, address, done)
}

/// Reads a message that nobody asked for here.
async fn heard(connection: &mut Connection) -> Vec<u8> {
    let reply = connection.listen(soon()).await;
    assert_eq!(reply.fate, Fate::Answered);
    reply.received
}

#[test]
fn a_server_that_asks_is_heard_and_the_conversation_goes_on() {
    let runtime = runtime();
    let (listening, folder, address, done) = runtime.block_on(who_asks());
    let ca = folder.join("ca.pem");
    let flags = ["--upstream", &address, "--ca", ca.to_str().expect("text"), "--max-conversations", "1"];
    let [cert, key] = ["alice.pem", "alice.key.pem"].map(|name| folder.join(name).display().to_string());
    let flags = [&flags[..], &["--cert", &cert, "--key", &key]].concat();
    let observed = Observed::start("asked", &flags);
    let target = client(&observed);
    runtime.block_on(async {
        let mut connection = target.connect(ALICE).await.expect("connected");
        let mut all = connection.exchange(&query(), false, soon()).await.received;
        while all.iter().filter(|byte| **byte == 0x7b).count() == 0 {
            all.extend(heard(&mut connection).await);
        }
        assert!(all.starts_with(&[0x42, 0, 0x78]), "its question comes first");
        let mut stray = connection.exchange(&answer(Operation::NOTIFY, 77, Vec::new()), false, soon()).await.received;
        while !stray.starts_with(&[0x42, 0, 0x7b]) {
            stray = heard(&mut connection).await;
        }
        assert_eq!(connection.exchange(&query(), false, soon()).await.fate, Fate::Answered);
        connection.close().await;
    });
    let seen = observed.ended();
    drop(listening);
    assert!(done.load(Ordering::SeqCst), "it was all said: {seen:?}");
    assert_eq!(seen.code, Some(4), "{seen:?}");
    assert_eq!(seen.json["of_server"], 1, "{seen:?}");
    assert_eq!(seen.json["exchanges"], 4);
    assert_eq!(seen.json["not_judged"], 0);
    assert!(seen.breaches().iter().any(|[side, verdict, _]| (side.as_str(), verdict.as_str()) == ("client", "fail")));
    assert!(seen.breaches().iter().all(|[side, ..]| side == "client"), "only its answer is wrong: {seen:?}");
    assert!(seen.err.contains("the server answers what nobody asked for; it was passed on"), "{seen:?}");
    assert!(seen.out.contains("  1 request of the server on a client's connection\n"), "{seen:?}");
    let text = texts(&seen.recorded);
    assert!(text.contains("# 1 request of the server on this connection"), "{text}");
    assert_eq!(text.matches("- name:").count(), 2, "{text}");
}

#[test]
fn after_set_endpoint_role_the_bundled_server_asks_through_it() {
    let observed = Observed::start("turned", &["--max-conversations", "1"]);
    let target = client(&observed);
    let turn = request(Operation::SET_ENDPOINT_ROLE, vec![Item::enumeration(tag::ENDPOINT_ROLE, 1)]);
    runtime().block_on(async {
        let mut connection = target.connect(ALICE).await.expect("connected");
        let reply = connection.exchange(&turn, false, soon()).await;
        assert_eq!(reply.fate, Fate::Answered);
        let asked = if reply.received.len() > 200 { reply.received } else { heard(&mut connection).await };
        assert!(asked.windows(3).any(|w| w == [0x42, 0, 0x78]), "a request comes: {asked:02x?}");
        connection.close().await;
    });
    let seen = observed.ended();
    assert_eq!((seen.code, seen.breaches()), (Some(0), Vec::new()), "{seen:?}");
    assert_eq!(seen.json["of_server"], 1, "{seen:?}");
}

#[test]
fn what_was_seen_is_as_its_schema_says_and_tells_of_profiles_of_clients() {
    let observed = Observed::start("profiles", &["--quirk", "header-order", "--max-conversations", "1"]);
    let target = client(&observed).speaking(Encoding::Json);
    runtime().block_on(async {
        let mut connection = target.connect(ALICE).await.expect("connected");
        let get = request(Operation::GET, vec![Item::text(tag::UNIQUE_IDENTIFIER, "nobody's")]);
        // An identifier is no boolean: what is said wrongly shows nothing.
        let decrypt = request(Operation::DECRYPT, vec![Item::boolean(tag::UNIQUE_IDENTIFIER, true)]);
        for message in [get, decrypt, query()] {
            assert_eq!(connection.exchange(&message, false, soon()).await.fate, Fate::Answered);
        }
        connection.close().await;
    });
    let seen = observed.ended();
    let read: kmipspec::report::observed::Observed = serde_json::from_value(seen.json.clone()).expect("its form");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), seen.json, "nothing is there that its form has not");
    assert_eq!((read.format, read.exchanges, read.conversations.len()), (1, 3, 1));
    let of_server: Vec<_> = read.breaches.iter().filter(|one| one.side == "server").collect();
    let rules: Vec<_> = of_server.iter().map(|one| (one.operations.join(","), one.rule.as_str(), one.times)).collect();
    let wanted = ["Get", "Decrypt", "Query"].map(|operation| (operation.to_owned(), "schema.field-order", 1));
    assert_eq!(rules, wanted);
    let requirement = |profile: &str, what: &str| {
        let profile = read.profiles.iter().find(|one| one.id == profile).expect("a profile");
        let one = profile.requirements.iter().find(|one| one.what.contains(what));
        (profile.standing.as_str(), one.expect("a requirement").state.as_str())
    };
    let open = "not decided";
    assert_eq!(requirement("baseline-client-2.1", "Get"), (open, "met"));
    assert_eq!(requirement("baseline-client-2.1", "Locate"), (open, "not judged"));
    assert_eq!(requirement("json-client-2.1", "as JSON"), (open, "met"));
    assert_eq!(requirement("xml-client-2.1", "as XML"), (open, "not judged"));
    assert_eq!(requirement("basic-cryptographic-client-2.1", "Decrypt"), (open, "not judged"));
    assert!(read.profiles.iter().all(|one| one.standing != "not met" && one.version == "2.1"), "{:?}", read.profiles);
    let lines: Vec<&str> = seen.out.lines().skip_while(|line| !line.starts_with("  profiles of clients")).collect();
    assert!(lines.iter().any(|line| line.starts_with("    Baseline Client 2.1: not decided: ")), "{seen:?}");
    assert!(lines.iter().any(|line| line.starts_with("    JSON Client 2.1: not decided: ")), "{seen:?}");
    assert!(!seen.out.contains("XML Client"), "nothing of its own was shown: {seen:?}");
}
