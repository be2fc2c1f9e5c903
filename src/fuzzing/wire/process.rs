//! What a process of this machine uses, where the server is one (`--pid`): memory and open files (O9, O14).

use crate::fuzzing::oracle::{Finding, Oracle};

/// Growth beyond which memory counts as growing: this many times,
const TIMES: u64 = 4;

/// and this much.
const BYTES: u64 = 512 << 20;

/// Open files more than at the start, beside our connections, that count as not given back.
const FILES: usize = 100;

/// A process, as it was at the start.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    pid: u32,
    memory: u64,
    /// Growth that is none yet.
    slack: u64,
    files: usize,
    told: [bool; 2],
}

impl Process {
    /// Looks at it; why not where that cannot be done.
    pub fn of(pid: u32) -> Result<Self, String> {
        let memory =
            memory(pid, "VmRSS:").ok_or_else(|| format!("process {pid}: /proc/{pid}/status tells no VmRSS"))?;
        Ok(Self { pid, memory, slack: BYTES, files: files(pid).unwrap_or(0), told: [false; 2] })
    }

    /// What has grown; each told once. `ours`: how many connections we have open.
    pub fn grown(&mut self, ours: usize) -> Option<Finding> {
        let finding =
            |oracle, place: &str, detail| Finding { oracle, operation: String::new(), place: place.to_owned(), detail };
        let [memory_told, files_told] = &mut self.told;
        if let Some(now) = memory(self.pid, "VmRSS:")
            && !*memory_told
            && now > self.memory.saturating_mul(TIMES)
            && now > self.memory.saturating_add(self.slack)
        {
            *memory_told = true;
            let (was, is) = (self.memory >> 20, now >> 20);
            return Some(finding(Oracle::O9, "memory", format!("it used {was} MiB and uses {is} MiB")));
        }
        if let Some(now) = files(self.pid)
            && !*files_told
            && now > self.files.saturating_add(FILES).saturating_add(ours)
        {
            *files_told = true;
            let was = self.files;
            let detail = format!("it had {was} files open and has {now}, {ours} of them our connections");
            return Some(finding(Oracle::O14, "files", detail));
        }
        None
    }
}

/// Memory, in bytes: in use (`VmRSS:`), or the most that was (`VmHWM:`).
pub(in crate::fuzzing) fn memory(pid: u32, which: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(which))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// How many files are open.
fn files(pid: u32) -> Option<usize> {
    Some(std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen_and_one_that_is_not_is_told() {
        let mut own = Process::of(std::process::id()).expect("it is there");
        assert!(own.memory > 1 << 20 && own.files > 0);
        assert_eq!(own.grown(0), None);
        (own.memory, own.slack) = (1, 0);
        assert_eq!(own.grown(0).map(|finding| finding.oracle), Some(Oracle::O9));
        assert_eq!(own.grown(0), None, "each is told once");
        assert!(Process::of(u32::MAX).expect_err("there is none").contains("VmRSS"));
    }
}
