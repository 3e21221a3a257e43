//! A private PostgreSQL server, with the binaries of the package `postgresql`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A server with its files in a folder, stopped when it is dropped.
pub struct Server {
    folder: tempfile::TempDir,
    bin: PathBuf,
}

impl Server {
    pub fn start() -> Self {
        let versions = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten();
        let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
        found.sort();
        let bin = found.pop().unwrap_or_default();
        assert!(
            bin.join("initdb").exists(),
            "PostgreSQL 15 or newer is needed for the tests: install the package postgresql"
        );
        let folder = tempfile::tempdir().unwrap();
        let server = Self { folder, bin };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(server.folder.path()));
            run(Command::new("chmod").arg("755").arg(server.folder.path()));
        }
        run(server
            .owned("initdb")
            .args([
                "--auth=trust",
                "--username=teranga",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .arg("--pgdata")
            .arg(server.data()));
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\n",
            server.folder.path().display()
        );
        std::fs::write(server.data().join("postgresql.auto.conf"), settings).unwrap();
        server.control("start");
        server
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        format!(
            "postgres://teranga@localhost/postgres?host={}",
            self.folder.path().display()
        )
    }

    /// Stops it as a crash of its machine would, and starts it again.
    pub fn restart(&self) {
        self.control("stop");
        self.control("start");
    }

    fn control(&self, verb: &str) {
        let mut command = self.owned("pg_ctl");
        command
            .args(["--wait", "--silent", "--mode=immediate", "--pgdata"])
            .arg(self.data());
        command.arg("--log").arg(self.data().join("server.log")).arg(verb);
        run(&mut command);
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A command under a user that may run the server, which refuses to run as root.
    fn owned(&self, program: &str) -> Command {
        let program: &Path = &self.bin.join(program);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.control("stop");
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

fn run(command: &mut Command) {
    // A server that stays behind would keep a pipe open.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?} failed");
}
