//! Properties of the server, on requests of chance: every answer keeps to the tables, an object lives as the State section has it,
//! and Locate finds what a plain look at all objects finds.

#[path = "../../../protocol/tests/support/kinds.rs"]
mod kinds;
#[path = "../../../protocol/tests/support/typed.rs"]
#[expect(dead_code, reason = "answers are the server's own")]
mod typed;

mod answers;
mod locate;
mod states;
mod talk;
