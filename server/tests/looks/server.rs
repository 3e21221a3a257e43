//! A server of its own on a free port, spoken to as any visitor would: bytes over a socket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A data folder, and what the command line does with it.
pub struct Place {
    pub data: tempfile::TempDir,
}

impl Place {
    /// A folder with the keys of a campaign.
    pub fn new() -> Self {
        let place = Self {
            data: tempfile::tempdir().unwrap(),
        };
        place.succeed(&["keys", "make", "issuer", "--campaign", "POLIO26"]);
        place
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_teranga"));
        command
            .args(args)
            .env_remove("TERANGA_MASTER_KEY")
            .env_remove("TERANGA_MASTER_KEY_FILE")
            .env("TERANGA_ORGANISATION", "moh")
            .env("TERANGA_DATABASE", self.database())
            .env("TERANGA_DATA", self.data.path());
        command
    }

    pub fn database(&self) -> std::path::PathBuf {
        self.data.path().join("teranga.db")
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    pub fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A card of the campaign, made today.
    pub fn card(&self, more: &[&str]) -> serde_json::Value {
        let person = [
            "card",
            "make",
            "--campaign",
            "POLIO26",
            "--mpi-id",
            "SN-DKR-26-9XQ7LM2A",
            "--json",
        ];
        serde_json::from_str(&self.succeed(&[&person[..], more].concat())).unwrap()
    }

    /// The names of active issuer keys.
    pub fn issuer(&self) -> String {
        let keys: serde_json::Value =
            serde_json::from_str(&self.succeed(&["keys", "list", "--json"])).unwrap();
        let active = |key: &&serde_json::Value| key["purpose"] == "issuer" && key["state"] == "active";
        let keys = keys.as_array().unwrap();
        keys.iter().find(active).unwrap()["kid"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Takes a card into the database.
    pub fn import(&self, card: &serde_json::Value) {
        let file = self.data.path().join("cards.csv");
        let field = |name: &str| card[name].as_str().unwrap();
        let names = ["token_hash", "kid", "issued", "expires", "campaign", "card_code"];
        let line = format!("{}\n{}\n", names.join(","), names.map(field).join(","));
        std::fs::write(&file, line).unwrap();
        self.succeed(&["card", "import", file.to_str().unwrap()]);
    }

    /// Starts the server.
    pub fn serve(&self, more: &[&str]) -> Server {
        let args = ["serve", "--listen", "127.0.0.1:0", "--log", "error"];
        let mut child = self
            .command(&[&args[..], more].concat())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned));
        Server {
            address: address.unwrap(),
            child,
        }
    }
}

/// A server that listens.
pub struct Server {
    pub address: String,
    child: Child,
}

/// An answer, its headers' names in small letters.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Server {
    /// Sends a request line and headers as they are.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Answer {
            status,
            headers: lines.map(pair).collect(),
            body: body.to_owned(),
        }
    }

    pub fn ask(&self, method: &str, path: &str, accept: &str) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: v.example.org\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
        );
        self.raw(request.as_bytes())
    }

    /// The verdict in one word.
    pub fn verdict(&self, path: &str) -> String {
        let answer = self.ask("GET", path, "application/json");
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()["verdict"].as_str().unwrap().to_owned()
    }

    /// Asks again until the verdict is another, for at most ten seconds.
    pub fn verdict_once_it_is(&self, wanted: &str, path: &str) -> std::time::Duration {
        let start = std::time::Instant::now();
        while self.verdict(path) != wanted {
            assert!(
                start.elapsed().as_secs() < 10,
                "{path} is not {wanted} after ten seconds"
            );
        }
        start.elapsed()
    }

    /// Asks the process to stop, and waits until it has.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An organisation with a programme and the campaign POLIO26, in the database of a place.
pub fn found(database: &Path) {
    use teranga_server::db::{Address, Db, DbError, Settings, sql};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = Db::open(&Address::Sqlite(database.to_owned()), Settings::default())
            .await
            .unwrap();
        for text in [
            "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'n', 'SN', 0)",
            "INSERT INTO programmes (id, organisation, code, name, public_name, kind, created) \
             VALUES (1, 1, 'epi', 'EPI', 'Vaccination', 'campaign', 0)",
            "INSERT INTO campaigns (id, organisation, programme, code, name, prefix, created) \
             VALUES (1, 1, 1, 'polio', 'Polio', 'POLIO26', 0)",
        ] {
            let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
            added.unwrap();
        }
        db.close().await.unwrap();
    });
}

/// Scans in the database, by verdict.
pub fn scans(database: &Path) -> Vec<(String, i64)> {
    use teranga_server::db::{Address, Db, Settings, sql};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = Db::open(&Address::Sqlite(database.to_owned()), Settings::default())
            .await
            .unwrap();
        let text = "SELECT verdict, sum(scans) FROM scan_counts GROUP BY verdict ORDER BY verdict";
        let rows = sql::all(db.reader(), text, []).await.unwrap();
        let pair =
            |row: &sea_orm::QueryResult| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        rows.iter().map(pair).collect()
    })
}
