//! Servers among themselves: several `kmipspec serve` over TLS, with links that are cut and come back.

use crate::cable::Cable;
use crate::served::{Client, Served, create, identifiers, locate, of};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Item, Value};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Result reasons.
const PERMISSION_DENIED: u32 = 0x0C;

/// One server of several: its process and the folder with its certificates.
struct Site {
    served: Served,
    folder: PathBuf,
    address: String,
}

impl Site {
    /// Starts `kmipspec serve` in a folder of its own.
    fn start(folder: &Path, name: &str, flags: &[&str]) -> Self {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let ready = folder.join("ready.json");
        let mut all = vec!["--cert-dir", folder.to_str().expect("text"), "--ready-file", ready.to_str().expect("text")];
        all.extend(flags);
        let served = Served::start(&all);
        let line: serde_json::Value = serde_json::from_slice(&std::fs::read(&ready).expect("there")).expect("JSON");
        let address = line["address"].as_str().expect("an address").to_owned();
        Self { served, folder, address }
    }

    /// A link to this server, as one of its clients.
    fn link(&self, name: &str, address: &str, identity: &str, options: &str) -> String {
        let folder = self.folder.to_str().expect("text");
        format!(
            "--link={name}={address},ca={folder}/ca.pem,cert={folder}/{identity}.pem,key={folder}/{identity}.key.pem,server-name=localhost,{options}"
        )
    }
}

/// A Unique Identifier of a payload.
fn id_of(payload: &Item) -> String {
    identifiers(payload).pop().expect("an identifier")
}

/// Creates a key.
async fn make(client: &mut Client, name: &str, more: Vec<Item>) -> String {
    let mut payload = create(name);
    if let Some(attributes) = payload.last_mut().and_then(Item::items_mut) {
        attributes.extend(more);
    }
    id_of(&client.one(Operation::CREATE, payload).await.expect("Create succeeds"))
}

/// An attribute of 1.x.
fn attribute(name: &str, value: Item) -> Item {
    Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value])
}

/// Puts it into a group.
fn group(name: &str) -> Item {
    attribute("Object Group", Item::text(tag::ATTRIBUTE_VALUE, name))
}

/// So many calls may be made with it.
fn calls(total: i64) -> Item {
    let limits = vec![
        Item::long_integer(tag::USAGE_LIMITS_TOTAL, total),
        Item::long_integer(tag::USAGE_LIMITS_COUNT, total),
        Item::enumeration(tag::USAGE_LIMITS_UNIT, 2),
    ];
    attribute("Usage Limits", Item::structure(tag::ATTRIBUTE_VALUE, limits))
}

/// Active from the beginning.
fn active() -> Item {
    attribute("Activation Date", Item::date_time(tag::ATTRIBUTE_VALUE, 1))
}

/// The value of an attribute.
async fn value(client: &mut Client, id: &str, name: &str) -> Option<Item> {
    let payload = vec![Item::text(tag::UNIQUE_IDENTIFIER, id), Item::text(tag::ATTRIBUTE_NAME, name)];
    let answer = client.one(Operation::GET_ATTRIBUTES, payload).await.ok()?;
    answer.child(tag::ATTRIBUTE)?.child(tag::ATTRIBUTE_VALUE).cloned()
}

/// What the Usage Limits leave.
async fn left(client: &mut Client, id: &str) -> Option<i64> {
    match value(client, id, "Usage Limits").await?.child(tag::USAGE_LIMITS_COUNT)?.value()? {
        Value::LongInteger(left) => Some(left),
        _ => None,
    }
}

/// The state.
async fn state_of(client: &mut Client, id: &str) -> Option<u32> {
    match value(client, id, "State").await?.value()? {
        Value::Enumeration(state) => Some(state),
        _ => None,
    }
}

/// The key itself.
async fn key(client: &mut Client, id: &str) -> Result<Vec<u8>, u32> {
    let got = client.one(Operation::GET, of(id)).await?;
    let block = got.child(tag::SYMMETRIC_KEY).and_then(|key| key.child(tag::KEY_BLOCK)).expect("a Key Block");
    let material = block.child(tag::KEY_VALUE).and_then(|value| value.child(tag::KEY_MATERIAL)).and_then(Item::value);
    match material {
        Some(Value::ByteString(bytes)) => Ok(bytes.to_vec()),
        other => panic!("no material: {other:?}"),
    }
}

/// Encrypts one block; AES-ECB.
async fn encrypt(client: &mut Client, id: &str) -> Result<Item, u32> {
    let parameters = Item::structure(tag::CRYPTOGRAPHIC_PARAMETERS, vec![Item::enumeration(tag::BLOCK_CIPHER_MODE, 2)]);
    let payload = vec![Item::text(tag::UNIQUE_IDENTIFIER, id), parameters, Item::bytes(tag::DATA, [7; 16])];
    client.one(Operation::ENCRYPT, payload).await
}

/// Asks again and again until the answer is this one.
macro_rules! eventually {
    ($what:expr, $wanted:expr) => {{
        let (wanted, began) = ($wanted, Instant::now());
        loop {
            let have = $what;
            if have == wanted {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{have:?} has not become {wanted:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }};
}

/// Revoke: 6 is Cessation of Operation.
fn revoke(id: &str) -> Vec<Item> {
    let reason = Item::structure(tag::REVOCATION_REASON, vec![Item::enumeration(tag::REVOCATION_REASON_CODE, 6)]);
    vec![Item::text(tag::UNIQUE_IDENTIFIER, id), reason]
}

#[tokio::test]
async fn a_gateway_forwards_what_it_has_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let central = Site::start(folder.path(), "central", &[]);
    let cable = Cable::new(&central.address);
    let link = central.link("central", &cable.address, "alice", "does=forward,operation=CreateKeyPair");
    let gateway = Site::start(folder.path(), "gateway", &[&link]);
    let (mut there, mut here) = (central.served.client("alice"), gateway.served.client("alice"));
    let far = make(&mut there, "far", vec![]).await;
    let near = make(&mut here, "near", vec![]).await;
    // An object that it has not, by identifier and by name, with the ID Placeholder inside the forwarded piece.
    assert_eq!(key(&mut here, &far).await, key(&mut there, &far).await);
    let batch = vec![
        (Operation::GET, of(&near)),
        (Operation::LOCATE, locate("far")),
        (Operation::GET, vec![]),
        (Operation::LOCATE, locate("near")),
        (Operation::GET, vec![]),
        (Operation::GET, of("nowhere")),
    ];
    let answered = here.batch(false, batch).await.expect("an answer");
    let ids: Vec<_> = answered.iter().map(|one| one.as_ref().map(id_of).ok()).collect();
    assert_eq!(ids, [Some(&near), Some(&far), Some(&far), Some(&near), Some(&near), None].map(|id| id.cloned()));
    // An operation that is the other server's: what it made is this client's alone.
    let bits = || {
        vec![
            attribute("Cryptographic Algorithm", Item::enumeration(tag::ATTRIBUTE_VALUE, 6)),
            attribute("Cryptographic Length", Item::integer(tag::ATTRIBUTE_VALUE, 256)),
            attribute("Cryptographic Usage Mask", Item::integer(tag::ATTRIBUTE_VALUE, 3)),
        ]
    };
    let pair = vec![Item::structure(tag::COMMON_TEMPLATE_ATTRIBUTE, bits())];
    let made = here.one(Operation::CREATE_KEY_PAIR, pair).await.expect("forwarded");
    let private = made.child(tag::PRIVATE_KEY_UNIQUE_IDENTIFIER).and_then(Item::value).map(|v| crate::served::text(&v));
    let private = private.expect("a private key");
    assert!(there.one(Operation::GET, of(&private)).await.is_ok(), "it is at the other server");
    assert!(here.one(Operation::GET, of(&private)).await.is_ok());
    assert!(gateway.served.client("bob").one(Operation::GET, of(&private)).await.is_err(), "it was made for alice");
    // Without the other server its own are served, and the rest fails and says so.
    cable.cut();
    assert!(key(&mut here, &near).await.is_ok());
    assert!(key(&mut here, &far).await.is_err());
    cable.mend();
    assert!(key(&mut here, &far).await.is_ok());
}

#[tokio::test]
async fn copies_are_used_offline_within_their_allowance_and_reconciled() {
    let folder = tempfile::tempdir().expect("a folder");
    let central = Site::start(folder.path(), "central", &[]);
    let mut there = central.served.client("alice");
    let mut keys = Vec::new();
    for number in 0..25 {
        keys.push(make(&mut there, &format!("plain-{number}"), vec![group("shop")]).await);
    }
    let limited = make(&mut there, "limited", vec![group("shop"), calls(100), active()]).await;
    let other = make(&mut there, "other", vec![group("bank")]).await;
    let cable = Cable::new(&central.address);
    // The cable breaks again and again while the objects come, ten at a time.
    cable.break_after(20_000);
    let clock = folder.path().join("clock");
    let state = folder.path().join("shop.db");
    let link = central.link(
        "central",
        &cable.address,
        "alice",
        "does=fetch,group=shop,owner=alice,allowance=10,lease=yes,every=1,page=10",
    );
    let flags = [&link, "--state", state.to_str().expect("text"), "--clock-file", clock.to_str().expect("text")];
    let shop = Site::start(folder.path(), "shop", &flags);
    let mut here = shop.served.client("alice");
    for breaks in 1..4 {
        eventually!(cable.breaks() >= breaks, true);
        cable.break_after(20_000);
    }
    cable.mend();
    for id in keys.iter().chain([&limited]) {
        eventually!(key(&mut here, id).await, key(&mut there, id).await);
    }
    assert!(key(&mut here, &other).await.is_err(), "it is in another group");
    eventually!(left(&mut here, &limited).await, Some(10));
    let spent = 100 - left(&mut there, &limited).await.expect("limited");
    assert!(spent >= 10, "what is used here is set aside there");
    // Read-only.
    let first = keys.first().expect("made");
    assert_eq!(here.one(Operation::DESTROY, of(first)).await, Err(PERMISSION_DENIED));
    assert_eq!(here.one(Operation::REVOKE, revoke(first)).await, Err(PERMISSION_DENIED));
    assert!(here.one(Operation::ADD_ATTRIBUTE, [of(first), vec![group("mine")]].concat()).await.is_err());

    // Offline: ten calls, not one more; and the lease ends.
    cable.cut();
    for _ in 0..10 {
        encrypt(&mut here, &limited).await.expect("within the allowance");
    }
    assert!(encrypt(&mut here, &limited).await.is_err(), "the allowance is used up");
    std::fs::write(&clock, "+2h").expect("written");
    assert_eq!(key(&mut here, first).await, Err(PERMISSION_DENIED), "the lease is over");
    // Meanwhile at the other end one key is deactivated and one is destroyed.
    there.one(Operation::REVOKE, revoke(&limited)).await.expect("revoked");
    let gone = keys.get(1).expect("made");
    there.one(Operation::DESTROY, of(gone)).await.expect("destroyed");

    // Back again: what happened there holds here, and nothing is there twice.
    cable.mend();
    eventually!(state_of(&mut here, &limited).await, Some(3));
    eventually!(key(&mut here, first).await.is_ok(), true);
    eventually!(key(&mut here, gone).await.is_err(), true);
    eventually!(identifiers(&here.one(Operation::LOCATE, vec![group("shop")]).await.expect("Locate")).len(), 25);
}

#[tokio::test]
async fn keys_are_pushed_down_to_sites_and_nothing_is_lost_or_doubled() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut sites, mut cables, mut links) = (Vec::new(), Vec::new(), Vec::new());
    for name in ["east", "west"] {
        let site = Site::start(folder.path(), name, &["--receive=alice,owner=bob"]);
        let cable = Cable::new(&site.address);
        links.push(site.link(name, &cable.address, "alice", &format!("does=send,group={name},allowance=5")));
        sites.push(site);
        cables.push(cable);
    }
    let (file, folder) = (folder.path().join("central.db"), folder.path());
    let mut flags: Vec<&str> = links.iter().map(String::as_str).collect();
    flags.extend(["--state", file.to_str().expect("text")]);
    let central = Site::start(folder, "central", &flags);
    let mut there = central.served.client("alice");
    let mut bobs: Vec<Client> = sites.iter().map(|site| site.served.client("bob")).collect();
    let [east, west] = bobs.as_mut_slice() else { panic!("two sites") };
    let both = make(&mut there, "both", vec![group("east"), group("west"), calls(50), active()]).await;
    for site in [&mut *east, &mut *west] {
        eventually!(key(site, &both).await, key(&mut there, &both).await);
        assert_eq!(left(site, &both).await, Some(5));
        assert_eq!(site.one(Operation::DESTROY, of(&both)).await, Err(PERMISSION_DENIED));
    }
    eventually!(left(&mut there, &both).await, Some(40));
    encrypt(east, &both).await.expect("its own allowance");

    // One link is cut in the middle of it, and the server that sends is killed: the rest is sent when both are back.
    let [first, _] = cables.as_slice() else { panic!("two cables") };
    first.break_after(4_000);
    let mut keys = Vec::new();
    for number in 0..20 {
        keys.push(make(&mut there, &format!("key-{number}"), vec![group("east")]).await);
    }
    there.one(Operation::REVOKE, revoke(&both)).await.expect("revoked");
    eventually!(state_of(west, &both).await, Some(3));
    eventually!(first.breaks() > 0, true);
    central.served.signal("KILL");
    drop(there);
    let central = Site::start(folder, "central", &flags);
    let mut there = central.served.client("alice");
    first.mend();
    eventually!(state_of(east, &both).await, Some(3));
    for id in &keys {
        eventually!(key(east, id).await, key(&mut there, id).await);
    }
    let located = east.one(Operation::LOCATE, vec![group("east")]).await.expect("Locate succeeds");
    assert_eq!(identifiers(&located).len(), 21, "each one once");
    assert_eq!(left(east, &both).await, Some(4), "what was used stays used");
}

#[tokio::test]
async fn updates_go_upward_only_and_collisions_change_nothing_of_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let centre = Site::start(folder.path(), "centre", &["--receive=alice"]);
    let link = centre.link("centre", &centre.address, "alice", "does=send,qualifier=branch");
    let branch = Site::start(folder.path(), "branch", &[&link]);
    let (mut up, mut down) = (centre.served.client("alice"), branch.served.client("alice"));
    let taken = make(&mut centre.served.client("bob"), "taken", vec![]).await;
    let own = make(&mut up, "own", vec![]).await;
    // A Name that is taken is qualified.
    let same_name = make(&mut down, "taken", vec![active()]).await;
    eventually!(key(&mut up, &same_name).await, key(&mut down, &same_name).await);
    let located = up.one(Operation::LOCATE, locate("branch/taken")).await.expect("Locate succeeds");
    assert_eq!(identifiers(&located), std::slice::from_ref(&same_name));
    // Changes follow, and none go the other way.
    down.one(Operation::REVOKE, revoke(&same_name)).await.expect("revoked");
    eventually!(state_of(&mut up, &same_name).await, Some(3));
    assert_eq!(up.one(Operation::DESTROY, of(&same_name)).await, Err(PERMISSION_DENIED));
    down.one(Operation::DESTROY, of(&same_name)).await.expect("destroyed");
    eventually!(key(&mut up, &same_name).await.is_err(), true);
    assert!(key(&mut down, &own).await.is_err(), "nothing comes down");
    // An identifier that is taken stays what it was.
    let mut exported = up.one(Operation::EXPORT, of(&own)).await.expect("exported");
    let before = key(&mut up, &own).await;
    let other = key_material(&mut exported);
    let mut import = vec![Item::text(tag::UNIQUE_IDENTIFIER, own.as_str()), Item::boolean(tag::REPLACE_EXISTING, true)];
    let rest = exported.items().iter().filter(|i| !matches!(i.tag, tag::UNIQUE_IDENTIFIER | tag::OBJECT_TYPE));
    import.extend(rest.cloned());
    down.one(Operation::IMPORT, import).await.expect("the branch may have its own");
    let later = make(&mut down, "later", vec![]).await;
    eventually!(key(&mut up, &later).await.is_ok(), true);
    assert_eq!(key(&mut up, &own).await, before);
    assert_ne!(key(&mut down, &own).await, before);
    assert_eq!(key(&mut down, &own).await, Ok(other));
    assert!(key(&mut centre.served.client("bob"), &taken).await.is_ok());
}

/// Puts other material into an exported key without its Digest; gives the material.
fn key_material(exported: &mut Item) -> Vec<u8> {
    let material = vec![9; 16];
    if let Some(items) = exported.items_mut() {
        items.retain(|item| item.child(tag::ATTRIBUTE_NAME) != Some(&Item::text(tag::ATTRIBUTE_NAME, "Digest")));
        let key = items.iter_mut().find(|item| item.tag == tag::SYMMETRIC_KEY).expect("a key");
        let block = key.items_mut().and_then(|items| items.first_mut()).expect("a Key Block");
        let value = block.items_mut().and_then(|items| items.iter_mut().find(|i| i.tag == tag::KEY_VALUE));
        *value.expect("a Key Value") =
            Item::structure(tag::KEY_VALUE, vec![Item::bytes(tag::KEY_MATERIAL, material.clone())]);
    }
    material
}

#[tokio::test]
async fn selected_keys_are_handed_to_a_partner_wrapped() {
    let folder = tempfile::tempdir().expect("a folder");
    let objects = folder.path().join("objects.yaml");
    // The key both partners hold, agreed on elsewhere.
    let shared = "- id: partner-key\n  type: SymmetricKey\n  material: 000102030405060708090a0b0c0d0e0f\n  Attributes: {CryptographicAlgorithm: AES, CryptographicLength: 128, CryptographicUsageMask: [WrapKey, UnwrapKey], CryptographicParameters: {BlockCipherMode: NISTKeyWrap}, State: Active}\n";
    std::fs::write(&objects, shared).expect("written");
    let seed = format!("--seed-objects={}", objects.display());
    let journal = folder.path().join("journal");
    let watched = format!("--journal={}", journal.display());
    let partner = Site::start(folder.path(), "partner", &[&seed, &watched, "--receive=alice,writable=yes"]);
    let link =
        partner.link("partner", &partner.address, "alice", "does=send,group=shared,name=by-name,wrap=partner-key");
    let ours = Site::start(folder.path(), "ours", &[&seed, &link]);
    let (mut here, mut there) = (ours.served.client("alice"), partner.served.client("alice"));
    let secret = make(&mut here, "secret", vec![group("shared")]).await;
    let given = make(&mut here, "by-name", vec![group("shared")]).await;
    eventually!(key(&mut there, &given).await, key(&mut here, &given).await);
    assert!(key(&mut there, &secret).await.is_err(), "only what is selected");
    let material = key(&mut here, &given).await.expect("a key");
    let hex: String = material.iter().map(|byte| format!("{byte:02x}")).collect();
    let journal = std::fs::read_to_string(&journal).expect("written").to_lowercase();
    let imports = journal.lines().filter(|line| line.contains("import"));
    let crossed: Vec<&str> = imports.collect();
    assert!(!crossed.is_empty(), "the partner's journal has the Import");
    assert!(crossed.iter().all(|line| !line.contains(&hex)), "the key never crosses in the clear");
    there.one(Operation::DESTROY, of(&given)).await.expect("the partner's own from then on");
}

#[tokio::test]
async fn a_server_is_split_by_group_and_still_serves_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let second = Site::start(folder.path(), "second", &["--receive=alice,writable=yes"]);
    let cable = Cable::new(&second.address);
    let file = folder.path().join("first.db");
    let state = format!("--state={}", file.display());
    let before = Site::start(folder.path(), "first", &[&state]);
    let mut client = before.served.client("alice");
    let stays = make(&mut client, "stays", vec![group("one")]).await;
    let mut moved = Vec::new();
    for number in 0..10 {
        moved.push(make(&mut client, &format!("moves-{number}"), vec![group("two"), calls(9), active()]).await);
    }
    let material = key(&mut client, moved.last().expect("made")).await;
    assert_eq!(before.served.stop().0, Some(0));
    cable.break_after(9_000);
    let link = second.link("second", &cable.address, "alice", "does=move,does=forward,group=two");
    let first = Site::start(folder.path(), "first", &[&state, &link]);
    eventually!(cable.breaks() > 0, true);
    cable.mend();
    let (mut one, mut two) = (first.served.client("alice"), second.served.client("alice"));
    for id in &moved {
        eventually!(key(&mut two, id).await.is_ok(), true);
        assert_eq!(left(&mut two, id).await, Some(9), "all of it moves");
    }
    assert!(key(&mut two, &stays).await.is_err());
    let locate_two = || vec![group("two")];
    eventually!(identifiers(&two.one(Operation::LOCATE, locate_two()).await.expect("Locate")).len(), 10);
    // What has moved is reached through the first as well, and is there once.
    assert_eq!(key(&mut one, moved.last().expect("made")).await, material);
    tokio::time::sleep(Duration::from_millis(300)).await;
    cable.cut();
    assert!(key(&mut one, &stays).await.is_ok());
    eventually!(key(&mut one, moved.last().expect("made")).await.is_err(), true);
}
