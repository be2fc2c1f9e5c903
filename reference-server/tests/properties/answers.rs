//! Any request that the tables of its version allow has an answer that they allow.

use super::talk::World;
use super::typed::{Request, any_of};
use proptest::prelude::*;

proptest! {
    #[test]
    fn every_request_of_the_tables_has_an_answer_of_the_tables(requests in prop::collection::vec(any_of::<Request>(), 1..4)) {
        let mut world = World::new(requests[0].version, None);
        for request in &requests {
            world.version = request.version;
            for who in ["alice", "bob"] {
                world.say(&request.item.encode(), who);
            }
        }
    }
}
