//! A small world: a server whose clock stands still, two clients, and objects of theirs and of a third.

use kmipspec_protocol::attributes::Attribute;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{CryptographicAlgorithm, CryptographicUsageMask, SecretDataType, State, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::clock::{MovableClock, SystemClock};
use kmipspec_reference_server::config::ServerLimits;
use kmipspec_reference_server::in_process::{Caller, InProcess};
use kmipspec_reference_server::planted::{self, Planted, PlantedBugs};
use kmipspec_reference_server::random::SameRsaKeys;
use kmipspec_reference_server::{Config, SeedObject};
use std::sync::{Arc, LazyLock};

/// The first identity of a script.
pub const ALICE: &str = "alice";
/// The second.
pub const BOB: &str = "bob";

/// Key material of a third client, which nobody in a script may see.
pub const CANARY: [u8; 16] =
    [0xD3, 0x5A, 0x91, 0x0E, 0xC7, 0x68, 0xB4, 0x2F, 0xF1, 0x86, 0x3D, 0x7B, 0xA9, 0x50, 0xE2, 0x1C];

/// Identifiers of alice's objects: an Active AES key, and Secret Data.
pub const OWN: [&str; 2] = ["key-1", "secret-1"];

/// When the clock stands still.
const NOW: i64 = 1_700_000_000;

/// A server, and those who talk to it.
#[derive(Debug)]
pub struct World(InProcess);

/// What was said: as it was sent, and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The request, references resolved.
    pub request: Vec<u8>,
    /// The answer.
    pub answer: Vec<u8>,
    /// Who asked.
    pub who: Option<&'static str>,
}

impl Default for World {
    /// A world without faults, or with the bugs that [`PLANTED`] names.
    fn default() -> Self {
        Self::new(|config| config.planted = PlantedBugs::of(bugs().iter().copied()))
    }
}

/// The variable with the names of the bugs that are to be found, with commas between them: how well a fuzzer finds is measured so.
pub const PLANTED: &str = "KMIPSPEC_PLANTED";

/// The bugs that are to be found.
///
/// # Panics
///
/// With a name that no bug has.
fn bugs() -> &'static [&'static Planted] {
    static BUGS: LazyLock<Vec<&'static Planted>> = LazyLock::new(|| {
        let names = std::env::var(PLANTED).unwrap_or_default();
        let names = names.split(',').filter(|name| !name.is_empty());
        names.map(|name| planted::named(name).unwrap_or_else(|| panic!("{PLANTED}: there is no bug {name}"))).collect()
    });
    &BUGS
}

impl World {
    /// A world whose server is changed a little before it begins.
    ///
    /// # Panics
    ///
    /// Where the server cannot have its objects: they are the same each time.
    pub fn new(change: impl FnOnce(&mut Config)) -> Self {
        static OBJECTS: LazyLock<Vec<SeedObject>> = LazyLock::new(objects);
        let limits = ServerLimits {
            message_size: 1 << 16,
            depth: 32,
            items: 4096,
            batch_items: 8,
            attributes: 64,
            ..ServerLimits::default()
        };
        let mut config = Config {
            objects: OBJECTS.clone(),
            limits,
            clock: Arc::new(MovableClock::frozen_at(NOW)),
            random: Arc::new(SameRsaKeys::seeded(1)),
            crash: || panic!("O1: the server crashed"),
            ..Config::default()
        };
        change(&mut config);
        match InProcess::new(config) {
            Ok(server) => Self(server),
            Err(error) => panic!("the world cannot begin: {error}"),
        }
    }

    /// A world without objects whose clock goes: what a server without a past does now.
    ///
    /// # Panics
    ///
    /// As [`World::new`].
    pub fn alone() -> Self {
        Self::new(|config| {
            config.objects.clear();
            config.clock = Arc::new(SystemClock);
        })
    }

    /// The identity of a number in a script.
    pub const fn identity(number: u8) -> Option<&'static str> {
        match number {
            0 => Some(ALICE),
            1 => Some(BOB),
            _ => None,
        }
    }

    /// Sends a message. A connection belongs to one identity: the same number with another one is another connection.
    ///
    /// # Panics
    ///
    /// `O1` when the server crashes, `O8` when there is no answer.
    pub fn say(&self, connection: u8, identity: u8, request: Vec<u8>) -> Spoken {
        let Some(answer) = self.reply(connection, identity, &request) else { panic!("O8: no answer") };
        assert!(!answer.is_empty(), "O8: closed without an answer");
        Spoken { request, answer, who: Self::identity(identity) }
    }

    /// What comes back, if that need not be waited for; nothing in it where the server would close the connection.
    pub fn reply(&self, connection: u8, identity: u8, request: &[u8]) -> Option<Vec<u8>> {
        let number = 1 + u64::from(connection) + 256 * u64::from(identity);
        let caller = Caller { connection: number, name: Self::identity(identity) };
        self.0.answer(request, caller).map(|replied| replied.bytes)
    }
}

/// What is there from the start.
fn objects() -> Vec<SeedObject> {
    let usage = CryptographicUsageMask::ENCRYPT
        | CryptographicUsageMask::DECRYPT
        | CryptographicUsageMask::WRAP_KEY
        | CryptographicUsageMask::UNWRAP_KEY
        | CryptographicUsageMask::MAC_GENERATE
        | CryptographicUsageMask::MAC_VERIFY
        | CryptographicUsageMask::DERIVE_KEY;
    let attributes = || {
        let fields = [
            Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, usage.0.cast_signed()),
            Item::enumeration(tag::STATE, State::ACTIVE.0),
            Item::date_time(tag::ACTIVATION_DATE, NOW - 1000),
        ];
        fields.into_iter().map(Attribute::standard).collect()
    };
    let key = |bytes: [u8; 16]| ManagedObject::symmetric_key(CryptographicAlgorithm::AES, 128, bytes);
    let [first, second] = OWN;
    let secret = ManagedObject::secret_data(SecretDataType::PASSWORD, *b"correct horse");
    let object = |id: &str, owner: &str, material| SeedObject {
        id: id.to_owned(),
        owner: owner.to_owned(),
        version: Version::V2_1,
        material,
        attributes: attributes(),
    };
    vec![object(first, ALICE, key([0x11; 16])), object(second, ALICE, secret), object("canary", "carol", key(CANARY))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::find;
    use crate::fuzzing::oracles::test::request;
    use kmipspec_protocol::registry::Operation;

    #[test]
    fn the_canary_is_there_and_nobody_gets_it() {
        let get = |id| request(Version::V1_4, Operation::GET, vec![Item::text(tag::UNIQUE_IDENTIFIER, id)]);
        let world = World::default();
        let holds = |bytes: &[u8], what: &[u8]| find(bytes, what).is_some();
        assert!(holds(&world.say(0, 0, get(OWN[0])).answer, &[0x11; 16]));
        for identity in 0..3 {
            assert!(!holds(&world.say(0, identity, get("canary")).answer, &CANARY));
        }
        // Without the rules about whose objects are whose, it would be seen.
        let open = World::new(|config| config.objects.iter_mut().for_each(|object| object.owner = ALICE.to_owned()));
        assert!(holds(&open.say(0, 0, get("canary")).answer, &CANARY));
    }

    #[test]
    fn two_worlds_are_alike() {
        let (a, b) = (World::default(), World::default());
        let create = vec![Item::enumeration(tag::OBJECT_TYPE, 2)];
        for bytes in [request(Version::V2_1, Operation::CREATE, create), vec![0x42], Vec::new()] {
            assert_eq!(a.say(0, 0, bytes.clone()), b.say(0, 0, bytes));
        }
    }
}
