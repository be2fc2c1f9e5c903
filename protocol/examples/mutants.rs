//! Runs the checks of tests/hostile.rs over as many mutants as asked for (2,000,000 unless said), and watches memory:
//! `cargo run --release -p kmipspec-protocol --example mutants -- 2000000 [SEED]`.

#[path = "../tests/support/mutate.rs"]
mod mutate;

use kmipspec_protocol::ttlv::{Doc, Limits};
use std::alloc::{GlobalAlloc, Layout, System};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The system's allocator, remembering the largest request.
struct Watching;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let mut number = |default: u64| args.next().and_then(|a| a.parse().ok()).unwrap_or(default);
    let (count, seed) = (number(2_000_000), number(1));
    let limits = Limits::default();
    let seeds = mutate::seeds();
    let mut random = mutate::Random::new(seed);
    let mut bytes = Vec::with_capacity(1 << 16);
    let (mut sound, mut largest, started) = (0u64, 0, Instant::now());
    for n in 0..count {
        mutate::mutant(&seeds, &mut random, &mut bytes);
        // Only the scans are watched: an owned tree is larger than its bytes by design.
        LARGEST.store(0, Ordering::Relaxed);
        drop((Doc::strict(&bytes, &limits), Doc::lenient(&bytes, &limits)));
        let asked = LARGEST.load(Ordering::Relaxed);
        largest = largest.max(asked);
        let verdict = mutate::check(&bytes, &limits);
        let fault = match verdict {
            Err(e) => e,
            Ok(_) if asked > 4 * bytes.len() + 4096 => format!("{asked} bytes allocated at once"),
            Ok(well_formed) => {
                sound += u64::from(well_formed);
                continue;
            }
        };
        eprintln!("mutant {n} of seed {seed}, {} bytes: {fault}\n{bytes:02X?}", bytes.len());
        return ExitCode::FAILURE;
    }
    println!(
        "{count} mutants of seed {seed}, {sound} well-formed, largest allocation of a scan {largest} bytes, {:.1} s",
        started.elapsed().as_secs_f64()
    );
    ExitCode::SUCCESS
}
