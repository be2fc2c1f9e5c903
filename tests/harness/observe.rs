//! `kmipspec observe` as a process, between clients of ours and the bundled server or one that is started.

#[cfg(unix)]
use crate::observed::Seen;
use crate::observed::{Observed, folder};
use crate::program::program;
use kmipspec::client::identity::{ALICE, Identity};
use kmipspec::client::{Connection, Target, Trust};
use kmipspec::runner::event::Fate;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, Limits};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The flags of a verb that has it for a server.
pub(crate) fn as_target(observed: &Observed) -> [&str; 8] {
    let [address, ca, cert, key] = ["address", "ca", "cert", "key"].map(|field| observed.ready(field));
    ["--target", address, "--ca", ca, "--cert", cert, "--key", key]
}

/// A client of it, with alice's certificate.
pub(crate) fn client(observed: &Observed) -> Target {
    let pem = |field| std::fs::read(observed.ready(field)).expect("PEM");
    let alice = Identity::with_certificate(ALICE, pem("cert"), pem("key"));
    Target::new(observed.ready("address"), None, &Trust::Ca(pem("ca")), [alice]).expect("a target")
}

fn finished(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("it ran")
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads")
}

/// A request of 1.4; `more` stands in its header.
fn request(operation: Operation, payload: Vec<Item>, more: Option<Item>) -> Vec<u8> {
    let version = vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, 1), Item::integer(tag::PROTOCOL_VERSION_MINOR, 4)];
    let mut header = vec![Item::structure(tag::PROTOCOL_VERSION, version)];
    header.extend(more);
    header.push(Item::integer(tag::BATCH_COUNT, 1));
    let item = vec![Item::enumeration(tag::OPERATION, operation.0), Item::structure(tag::REQUEST_PAYLOAD, payload)];
    let message = vec![Item::structure(tag::REQUEST_HEADER, header), Item::structure(tag::BATCH_ITEM, item)];
    Item::structure(tag::REQUEST_MESSAGE, message).encode()
}

/// Asks what the server can.
fn query() -> Vec<u8> {
    request(Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)], None)
}

/// The answer to a request, which has to come.
async fn answer(connection: &mut Connection, request: &[u8]) -> Vec<u8> {
    let reply = connection.exchange(request, false, Instant::now() + Duration::from_secs(60)).await;
    assert_eq!(reply.fate, Fate::Answered);
    reply.received
}

/// What became of it after Ctrl-C.
#[cfg(unix)]
pub(crate) fn interrupted(observed: Observed) -> Seen {
    let sent = Command::new("kill").args(["-s", "INT"]).arg(observed.child.id().to_string()).status();
    assert!(sent.expect("kill ran").success());
    observed.ended()
}

#[test]
fn what_is_said_without_a_breach_is_played_again_to_another_server() {
    let observed = Observed::start("clean", &["--time", "60s"]);
    let case = ["run", "operations.destroy.then-get", "--version", "1.4", "--jobs", "1"];
    let run = finished(program().args(case).args(as_target(&observed)));
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    #[cfg(unix)]
    {
        let seen = interrupted(observed);
        assert_eq!(seen.code, Some(0), "{seen:?}");
        assert_eq!(seen.breaches(), Vec::<[String; 3]>::new());
        assert!(seen.out.contains("  client  no breach\n  server  no breach\n"), "{seen:?}");
        assert_eq!(seen.err, "");
        let lint = finished(program().arg("lint").arg(&seen.recorded));
        assert_eq!(lint.status.code(), Some(0), "{lint:?}");
        let again = finished(program().args(["run", "observed", "--scenarios"]).arg(&seen.recorded));
        assert_eq!(again.status.code(), Some(0), "{again:?}");
        let files = std::fs::read_dir(seen.recorded.join("observed")).expect("a folder");
        let texts: Vec<String> =
            files.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text")).collect();
        assert!(texts.iter().any(|text| text.contains("Get: {UniqueIdentifier: \"$id-1\"}")), "{texts:?}");
        // A server that does otherwise is found out by the recording.
        let other = Observed::start("clean-other", &["--quirk", "destroy-tells-nothing"]);
        let run =
            finished(program().args(["run", "observed", "--scenarios"]).arg(&seen.recorded).args(as_target(&other)));
        let told = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.code() == Some(4) && told.contains("observed.conversation-"), "{run:?}");
    }
}

#[test]
fn a_fault_of_the_server_is_the_servers() {
    let observed = Observed::start("quirk", &["--quirk", "header-order", "--max-conversations", "1"]);
    let target = client(&observed);
    runtime().block_on(async {
        let mut connection = target.connect(ALICE).await.expect("connected");
        answer(&mut connection, &query()).await;
        answer(&mut connection, &query()).await;
        connection.close().await;
    });
    let seen = observed.ended();
    assert_eq!(seen.code, Some(4), "{seen:?}");
    let wrong = ["server", "fail", "schema.field-order"].map(str::to_owned);
    assert_eq!(seen.breaches(), [wrong]);
    assert_eq!(seen.json["breaches"][0]["times"], 2);
    let lines: Vec<&str> = seen.out.lines().filter(|line| line.contains("schema.field-order")).collect();
    assert_eq!(lines.len(), 1, "each kind once: {seen:?}");
    assert!(lines[0].starts_with("server  Query "), "{lines:?}");
    assert!(lines[0].contains("  KMIP 1.4 §"), "{lines:?}");
    assert!(seen.out.contains("  client  no breach\n  server  1 breach, seen 2 times\n"), "{seen:?}");
}

#[test]
fn a_fault_of_the_client_is_the_clients_and_passes_as_it_is() {
    let observed = Observed::start("client", &["--max-conversations", "1"]);
    let target = client(&observed);
    let locate = request(Operation::LOCATE, vec![Item::text(tag::MAXIMUM_ITEMS, "\u{1b}[31mmany")], None);
    runtime().block_on(async {
        let mut connection = target.connect(ALICE).await.expect("connected");
        let answer = answer(&mut connection, &locate).await;
        let doc = Doc::lenient(&answer, &Limits::default());
        assert_eq!(doc.items().find(|i| i.tag() == tag::RESULT_STATUS).and_then(|i| i.as_u32()), Some(1));
        connection.close().await;
    });
    let seen = observed.ended();
    assert_eq!(seen.code, Some(4), "{seen:?}");
    assert!(seen.breaches().iter().all(|[side, ..]| side == "client"), "{seen:?}");
    assert!(
        seen.breaches().iter().any(|[_, verdict, rule]| verdict == "fail" && rule == "schema.item-type"),
        "{seen:?}"
    );
    assert!(!seen.out.contains('\u{1b}'), "{seen:?}");
    let sent: String = locate.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(seen.json["breaches"][0]["request"], sent.as_str());
}

#[test]
fn without_a_server_or_without_tls_there_is_no_conversation() {
    // A port that nobody has.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let upstream = free.to_string();
    let observed = Observed::start("nobody", &["--upstream", &upstream, "--insecure", "--max-conversations", "1"]);
    // Who does not shake hands is no conversation.
    let mut plain = std::net::TcpStream::connect(observed.ready("address")).expect("connected");
    std::io::Write::write_all(&mut plain, b"GET / HTTP/1.1\r\n\r\n").expect("written");
    let _ = std::io::Read::read_to_end(&mut plain, &mut Vec::new());
    let target = client(&observed);
    runtime().block_on(async {
        let mut connection = target.connect(ALICE).await.expect("connected");
        let reply = connection.exchange(&query(), false, Instant::now() + Duration::from_secs(60)).await;
        assert_ne!(reply.fate, Fate::Answered);
    });
    let seen = observed.ended();
    assert_eq!(seen.code, Some(3), "{seen:?}");
    assert!(seen.err.contains("what came is not TLS, it looks like plain HTTP"), "{seen:?}");
    assert!(seen.err.contains("cannot be reached: connection refused"), "{seen:?}");
}

#[test]
fn what_cannot_be_is_said_before_anybody_comes() {
    let file = folder("settings").join("file");
    std::fs::write(&file, "").expect("written");
    let file = file.to_str().expect("text");
    for (flags, why) in [
        (vec!["--out", file], "write to"),
        (vec!["--upstream", "localhost:1"], "no CA to judge the server's certificate by"),
        (vec!["--upstream", "localhost:1", "--insecure", "--encoding", "xml"], "observe has no use for --encoding"),
        (vec!["--quirk", "no-such-quirk"], "there is no quirk no-such-quirk"),
        (vec!["--quirk", "header-order", "--upstream", "localhost:1"], "cannot be used with"),
        (vec!["--listen-cert", file, "--listen-key", file], "holds no PEM certificate"),
    ] {
        let ended = finished(program().args(["observe", "--listen", "127.0.0.1:0"]).args(&flags));
        assert_eq!(ended.status.code(), Some(1), "{flags:?}: {ended:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains(why), "{flags:?}: {ended:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_desk_is_a_command_for_each_cell_and_one_matrix() {
    let scratch = folder("desk");
    let kmipspec = env!("CARGO_BIN_EXE_kmipspec");
    let client = format!(
        "env -u KMIPSPEC_TARGET '{kmipspec}' run operations.destroy.then-get --version 1.4 --quiet --tls-look never \
         --target \"$KMIP_HOST:$KMIP_PORT\" --ca \"$KMIP_CA\" --cert \"$KMIP_CERT\" --key \"$KMIP_KEY\""
    );
    let cell = |name: &str, flags: &[&str], client: &str| {
        let results = scratch.join(name);
        let mut observe = program();
        observe.args(["observe", "--listen", "127.0.0.1:0", "--command", client, "--results"]).arg(&results);
        let ended = finished(observe.args(flags));
        (ended.status.code(), String::from_utf8(ended.stderr).expect("text"), results)
    };
    let (code, told, good) = cell("good.json", &[], &client);
    assert_eq!(code, Some(0), "{told}");
    let results: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&good).expect("results")).expect("JSON, as `run --json` writes it");
    let of = |results: &serde_json::Value, id: &str| {
        let all = results["results"].as_array().expect("results").clone();
        all.into_iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("no {id} in {results}"))
    };
    assert_eq!(of(&results, "observed.Create")["verdict"], "pass");
    // Its case fails at such a server, so the client ends with 4: that is told as well.
    let (code, told, bad) = cell("bad.json", &["--quirk", "header-order"], &format!("{client} || true"));
    assert_eq!(code, Some(4), "{told}");
    let results: serde_json::Value = serde_json::from_slice(&std::fs::read(&bad).expect("results")).expect("JSON");
    let create = of(&results, "observed.Create");
    assert_eq!(create["verdict"], "fail");
    let whose = create["findings"][0]["actual"].as_str().expect("text");
    assert!(whose.ends_with(", of the server"), "{create}");
    let files = [format!("ours/good={}", good.display()), format!("ours/bad={}", bad.display())];
    let matrix = finished(program().arg("matrix").args(files));
    let told = String::from_utf8(matrix.stdout).expect("text");
    assert_eq!(matrix.status.code(), Some(0), "{told}");
    assert!(told.contains("bad, asked by ours") && told.contains("observed.Create @1.4"), "{told}");

    // Nothing can be said where the client does not get as far as that.
    let (code, told, _) = cell("none.json", &[], "exit 7");
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("the client ends with exit code 7"), "{told}");
}
