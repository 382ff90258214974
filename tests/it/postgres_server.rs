//! A PostgreSQL server of a test's own, which may be ended and started again.

use crate::server::free_port;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A running server, that keeps what is committed as one in production does.
pub struct Postgres {
    bin: PathBuf,
    dir: TempDir,
    pub port: u16,
}

impl Postgres {
    /// None where `tests/run` has not said where the server's programs are.
    pub fn start() -> Option<Self> {
        let bin = PathBuf::from(std::env::var_os("QUIBBLE_TEST_POSTGRES_BIN")?);
        let dir = tempfile::tempdir().unwrap();
        // The server will not run as root, and its user has to come in.
        run(Command::new("chmod").arg("755").arg(dir.path()));
        let server = Self { bin, dir, port: free_port() };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(server.dir.path()));
        }
        let data = server.data();
        run(server.program("initdb").arg("-D").arg(&data).args([
            "-A",
            "trust",
            "-U",
            "quibble",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            // Smaller than a table may become, so that `limit_files` can end a table and leaves the log alone.
            "--wal-segsize=1",
        ]));
        server.pg_ctl(&["start"]);
        Some(server)
    }

    pub fn url(&self) -> String {
        format!("postgres://quibble@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends at once, as if its machine went, and comes back.
    pub fn crash_and_restart(&self) {
        self.pg_ctl(&["-m", "immediate", "restart"]);
    }

    /// Lets one user in by a password only from now on.
    pub fn ask_for_passwords(&self, user: &str) {
        let file = self.data().join("pg_hba.conf");
        let rules = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("host all {user} 127.0.0.1/32 scram-sha-256\n{rules}")).unwrap();
        self.pg_ctl(&["reload"]);
    }

    /// No process of the server makes a file larger than this from now on: as little as a full disk would.
    pub fn limit_files(&self, bytes: &str) {
        let pid_file = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let postmaster = pid_file.lines().next().unwrap();
        let limit = |process: &str| {
            let limit = format!("--fsize={bytes}:");
            as_its_user("prlimit".as_ref()).current_dir("/").args(["--pid", process, &limit]).output().unwrap()
        };
        // Whoever is started after this has the limit from the first. Of the others, some may have ended meanwhile.
        let limited = limit(postmaster);
        assert!(limited.status.success(), "{limited:?}");
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        std::fs::read_to_string(children).unwrap().split_whitespace().map(limit).for_each(drop);
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn pg_ctl(&self, what: &[&str]) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=200",
            self.port,
            self.dir.path().display()
        );
        let mut command = self.program("pg_ctl");
        run(command
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(self.dir.path().join("log"))
            .args(["-w", "-o", &options])
            .args(what));
    }

    fn program(&self, name: &str) -> Command {
        as_its_user(&self.bin.join(name))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.pg_ctl(&["-m", "immediate", "stop"]);
    }
}

fn as_its_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

fn run(command: &mut Command) {
    let status = command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}");
}
