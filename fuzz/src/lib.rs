//! What every target needs on a build without a sanitizer: a stack overflow and a huge allocation must leave an artifact.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

/// One allocation above this aborts, and libFuzzer saves the input. Targets take at most a few MiB of input.
const CAP: usize = 256 << 20;

/// The system's allocator with [`CAP`] on a single allocation.
struct Capped;

// SAFETY: every call goes to `System` unchanged, or does not return.
unsafe impl GlobalAlloc for Capped {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > CAP {
            std::process::abort();
        }
        // SAFETY: the caller's promises are those of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > CAP {
            std::process::abort();
        }
        // SAFETY: as above.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Capped = Capped;

/// Gives signal handlers a stack of their own, so that libFuzzer's handler can run after a stack overflow.
///
/// libFuzzer keeps `SA_ONSTACK` only where it was set before, hence the second call.
pub fn install() {
    // What is allocated and then known to the kernel alone, AddressSanitizer takes for lost.
    static STACK: [AtomicU8; 1 << 16] = [const { AtomicU8::new(0) }; 1 << 16];
    let alternate = libc::stack_t { ss_sp: STACK.as_ptr().cast_mut().cast(), ss_flags: 0, ss_size: STACK.len() };
    // SAFETY: the stack lives for ever and may be written to, and a zeroed sigaction with SIG_DFL is a valid one.
    unsafe {
        libc::sigaltstack(&alternate, std::ptr::null_mut());
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        action.sa_flags = libc::SA_ONSTACK;
        libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
    }
}

/// `saw(feature)`, by which a target tells libFuzzer of features beside the coverage of code.
///
/// libFuzzer finds them by the name of the section and clears them before each execution, which takes microseconds: so they are in the
/// targets alone that have some. On other systems than Linux nobody looks. To the compiler they are written and never read: without `used`
/// they would not be there at all.
#[macro_export]
macro_rules! features {
    () => {
        #[used]
        #[cfg_attr(target_os = "linux", unsafe(link_section = "__libfuzzer_extra_counters"))]
        static SEEN: [std::sync::atomic::AtomicU8; 1 << 16] = [const { std::sync::atomic::AtomicU8::new(0) }; 1 << 16];

        fn saw(feature: u16) {
            SEEN[usize::from(feature)].store(1, std::sync::atomic::Ordering::Relaxed);
        }
    };
}

/// Inputs that are kept to begin with again, at most.
const KEPT: usize = 256;

/// What was run before anything was changed: the seeds. What is found later is chosen so much more often that without these nobody
/// would come back to them.
static SEEDS: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());

/// Whether something has been changed.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// Keeps an input, if it is a seed.
pub fn keep(input: &[u8]) {
    if !BEGUN.load(Ordering::Relaxed) {
        let mut seeds = SEEDS.lock().unwrap_or_else(PoisonError::into_inner);
        if seeds.len() < KEPT {
            seeds.push(input.into());
        }
    }
}

/// A seed in place of an input, one time in four; nothing where none was kept.
pub fn afresh(number: u32) -> Option<Box<[u8]>> {
    BEGUN.store(true, Ordering::Relaxed);
    let seeds = SEEDS.lock().unwrap_or_else(PoisonError::into_inner);
    // A small number has room everywhere.
    let place = (number / 4) as usize;
    (number.is_multiple_of(4) && !seeds.is_empty()).then(|| seeds.get(place % seeds.len()).cloned())?
}

/// libFuzzer's hooks for inputs that are messages: the tree mutator, one in sixteen times libFuzzer's own.
#[macro_export]
macro_rules! mutate_trees {
    () => {
        $crate::mutate_with!(
            kmipspec::fuzzing::mutate::Mutator::message,
            kmipspec::fuzzing::mutate::Mutator::cross_messages
        );
    };
}

/// libFuzzer's hooks for inputs that are scripts.
#[macro_export]
macro_rules! mutate_scripts {
    () => {
        $crate::mutate_with!(
            kmipspec::fuzzing::mutate::Mutator::script,
            kmipspec::fuzzing::mutate::Mutator::cross_scripts
        );
    };
}

/// Both hooks, by methods of the mutator.
#[macro_export]
macro_rules! mutate_with {
    ($mutate:path, $cross:path) => {
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            if seed % 16 == 0 {
                return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
            }
            let mut mutator = kmipspec::fuzzing::mutate::Mutator::new(u64::from(seed));
            let seed = $crate::afresh(seed / 16).filter(|seed| seed.len() <= max_size);
            let made = $mutate(&mut mutator, seed.as_deref().unwrap_or(&data[..size]), max_size);
            data[..made.len()].copy_from_slice(&made);
            made.len()
        });

        libfuzzer_sys::fuzz_crossover!(|first: &[u8], second: &[u8], out: &mut [u8], seed: u32| {
            let mut mutator = kmipspec::fuzzing::mutate::Mutator::new(u64::from(seed));
            let [other, with] = [seed, seed / 4].map($crate::afresh);
            let (first, second) = (other.as_deref().unwrap_or(first), with.as_deref().unwrap_or(second));
            let made = $cross(&mut mutator, first, second, out.len());
            out[..made.len()].copy_from_slice(&made);
            made.len()
        });
    };
}
