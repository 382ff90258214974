//! The server's process as Linux describes it: CPU time and memory.

use anyhow::Context;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// A process on this machine.
#[derive(Debug)]
pub struct Process {
    dir: PathBuf,
}

/// The CPU time of each thread so far, in nanoseconds.
#[derive(Debug, Default)]
pub struct Cpu(BTreeMap<String, u64>);

impl Process {
    /// Finds a process.
    ///
    /// # Errors
    /// In words, when the system says nothing of it.
    pub fn find(pid: u32) -> anyhow::Result<Self> {
        let process = Self { dir: PathBuf::from(format!("/proc/{pid}")) };
        let readable = process.cpu().and_then(|cpu| {
            anyhow::ensure!(!cpu.0.is_empty(), "it has no threads");
            process.memory()
        });
        readable.with_context(|| format!("--pid {pid} needs Linux, and a process on this machine"))?;
        Ok(process)
    }

    /// The CPU time so far. Unlike that of `/proc/PID/stat`, which counts in hundredths of a second, this one is exact.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn cpu(&self) -> anyhow::Result<Cpu> {
        let mut cpu = Cpu::default();
        for thread in fs::read_dir(self.dir.join("task")).context("the server's process is gone")? {
            let thread = thread?;
            // A thread may end while we look.
            let Ok(line) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
            let spent = line.split(' ').next().and_then(|spent| spent.parse().ok());
            cpu.0.insert(thread.file_name().to_string_lossy().into_owned(), spent.context("schedstat is no number")?);
        }
        Ok(cpu)
    }

    /// Memory of its own, in bytes: without the pages of files, which the system can take back.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(self.dir.join("status")).context("the server's process is gone")?;
        kib(&status, "RssAnon:").map(|kib| kib * 1_024).context("the system does not say how much memory it has")
    }
}

impl Cpu {
    /// The CPU time since an earlier look, in nanoseconds. That of threads that ended in between is missing.
    pub fn since(&self, before: &Self) -> u64 {
        let spent = |(thread, now): (&String, &u64)| now.saturating_sub(before.0.get(thread).copied().unwrap_or(0));
        self.0.iter().map(spent).sum()
    }
}

fn kib(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_came_later_counts_from_its_start() {
        let cpu = |threads: &[(&str, u64)]| Cpu(threads.iter().map(|(id, ns)| ((*id).to_owned(), *ns)).collect());
        assert_eq!(cpu(&[("1", 50), ("3", 7)]).since(&cpu(&[("1", 20), ("2", 9)])), 37);
    }

    #[test]
    fn memory_is_read_from_the_status() {
        let status = "VmRSS:\t   20000 kB\nRssAnon:\t    9000 kB\n";
        assert_eq!(kib(status, "RssAnon:"), Some(9_000));
        assert_eq!(kib(status, "RssFile:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_there_and_no_other() {
        let own = Process::find(std::process::id()).unwrap();
        assert!(own.memory().unwrap() > 0);
        assert!(Process::find(u32::MAX).unwrap_err().to_string().contains("--pid"));
    }
}
