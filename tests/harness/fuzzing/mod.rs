//! The targets, seeds and findings of the fuzzer on stable, and `kmipspec fuzz` over the wire.

mod planted;
mod regressions;
mod seeds;
mod smoke;
mod wire;
