//! Databases for tests: a fresh one in a moment, of either kind.
//!
//! PostgreSQL's server is started once a test program, on a socket of its own in the build folder, with the binaries of
//! the package `postgresql` (version 15 or newer); without them a test fails, and never passes over. It is stopped by a
//! watcher when the program ends.

#![expect(
    clippy::expect_used,
    reason = "a test stops where it cannot have its database"
)]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Address, Db, Settings};

/// Both kinds, for tests that run on each.
pub const KINDS: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A database of the test program's own server.
    Postgres,
}

/// A database of a test, gone with it.
#[derive(Debug)]
pub struct TestDb {
    /// The database.
    pub db: Db,
    _folder: Option<tempfile::TempDir>,
}

impl std::ops::Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// A new database with all tables and nothing in them. Commits do not wait for the disk.
pub async fn fresh(kind: Kind) -> TestDb {
    open(
        kind,
        Settings {
            durable: false,
            connections: 6,
        },
    )
    .await
}

/// The same, with settings of the test's own.
pub async fn open(kind: Kind, settings: Settings) -> TestDb {
    match kind {
        Kind::Sqlite => {
            let folder = tempfile::tempdir().expect("a folder for the database of a test");
            let address = Address::Sqlite(folder.path().join("teranga.db"));
            TestDb {
                db: Db::open(&address, settings)
                    .await
                    .expect("an empty SQLite database"),
                _folder: Some(folder),
            }
        }
        Kind::Postgres => TestDb {
            db: Db::open(&postgres_database(), settings)
                .await
                .expect("an empty PostgreSQL database"),
            _folder: None,
        },
    }
}

/// The address of a new, empty PostgreSQL database of this test program.
pub fn postgres_database() -> Address {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let server = server();
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    server.psql(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
    ));
    Address::Postgres(server.url(&name))
}

/// A private server of PostgreSQL.
pub struct Server {
    folder: PathBuf,
    bin: PathBuf,
}

/// The server of this test program, started on first use.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&[]))
}

impl Server {
    /// Starts a server with its files in a new temporary folder; `settings` are lines of postgresql.conf.
    pub fn start(settings: &[&str]) -> Self {
        let bin = binaries();
        let folder = tempfile::Builder::new()
            .prefix("teranga-pg-")
            .tempdir()
            .expect("a folder")
            .keep();
        let server = Self { folder, bin };
        server.hand_over();
        let data = server.data();
        let init = [
            "--auth=trust",
            "--username=teranga",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--pgdata",
        ];
        run(server.owned("initdb").args(init).arg(&data));
        let own = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 200\nshared_buffers = 64MB\n\
             max_locks_per_transaction = 256\nautovacuum = off\n{}\n",
            server.folder.display(),
            settings.join("\n"),
        );
        let fast = if settings.is_empty() {
            "fsync = off\nfull_page_writes = off\n"
        } else {
            ""
        };
        // The last file of settings wins over what initdb wrote.
        std::fs::write(data.join("postgresql.auto.conf"), own + fast).expect("settings");
        server.launch();
        server
    }

    /// Gives the folder to the user under whom the server runs, since it refuses to run as root.
    fn hand_over(&self) {
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&self.folder));
            run(Command::new("chmod").arg("755").arg(&self.folder));
        }
    }

    /// A command under the server's user.
    fn owned(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program);
        command
    }

    /// Starts the server, and a watcher that stops it when this program is gone.
    #[expect(clippy::zombie_processes, reason = "the watcher outlives this program")]
    fn launch(&self) {
        self.start_again();
        let script = "while kill -0 $0 2>/dev/null; do sleep 1; done; kill -INT $(head -1 \"$1/data/postmaster.pid\"); \
                      sleep 1; rm -rf \"$1\"";
        let mut watcher = Command::new("sh");
        watcher
            .args(["-c", script, &std::process::id().to_string()])
            .arg(&self.folder);
        let quiet = watcher
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        quiet.spawn().expect("a watcher of the server");
    }

    /// Starts the server after it was stopped.
    pub fn start_again(&self) {
        let mut command = self.owned("pg_ctl");
        command.args(["--wait", "--silent", "--pgdata"]).arg(self.data());
        command
            .arg("--log")
            .arg(self.data().join("server.log"))
            .arg("start");
        run(&mut command);
    }

    /// Stops the server as a crash of its machine would.
    pub fn stop_at_once(&self) {
        let mut command = self.owned("pg_ctl");
        run(command
            .args(["--silent", "--mode=immediate", "--pgdata"])
            .arg(self.data())
            .arg("stop"));
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The address of a database of the server.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://teranga@localhost/{database}?host={}",
            self.folder.display()
        )
    }

    /// Runs statements in the server's own database.
    pub fn psql(&self, text: &str) {
        let mut command = Command::new(self.bin.join("psql"));
        command.args([
            "--quiet",
            "--no-psqlrc",
            "--set=ON_ERROR_STOP=1",
            "--username=teranga",
            "--dbname=postgres",
        ]);
        run(command.arg("--host").arg(&self.folder).args(["--command", text]));
    }
}

fn run(command: &mut Command) {
    // A server that stays behind would keep a pipe open, so what it says goes to the test's own output.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?} failed");
}

fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(version, bin)| *version >= 15 && bin.join("initdb").exists())
        .collect();
    found.sort();
    let found = found.pop().map(|(_, bin)| bin);
    found
        .or_else(on_the_path)
        .expect("PostgreSQL 15 or newer is needed for the tests: install the package postgresql")
}

fn on_the_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
