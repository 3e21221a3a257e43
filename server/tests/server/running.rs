//! A server that runs, and a client of a few lines that can say what no well-behaved client says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// A data folder, and a server over it while there is one.
pub struct Place {
    pub data: tempfile::TempDir,
}

/// A running server; stopped when it is dropped.
pub struct Server {
    child: Child,
    pub address: String,
    pub metrics: String,
    /// What it said on standard output before it listened.
    pub said: Vec<String>,
    log: Mutex<Receiver<String>>,
}

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_teranga"));
    command.args(arguments).current_dir(data);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TERANGA_")) {
        command.env_remove(name);
    }
    command.env("TERANGA_DATA", data);
    command
}

fn serving<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    arguments.extend(more);
    arguments
}

impl Place {
    pub fn new() -> Self {
        Self {
            data: tempfile::tempdir().unwrap(),
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        command(self.data.path(), arguments).output().unwrap()
    }

    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.succeed(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// A token of a role for everything.
    pub fn token(&self, role: &str) -> String {
        let made = self.succeed(&["admin", "token", "create", "--role", role, "--name", "test"]);
        made.trim().to_owned()
    }

    pub fn serve(&self, more: &[&str]) -> Server {
        self.started(command(self.data.path(), &serving(more)))
    }

    /// A server that a shell starts, as `$0` with its arguments.
    pub fn serve_under(&self, script: &str, more: &[&str]) -> Server {
        let own = command(self.data.path(), &serving(more));
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script])
            .arg(own.get_program())
            .args(own.get_args());
        for (name, value) in own.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.current_dir(self.data.path());
        self.started(shell)
    }

    fn started(&self, mut server: Command) -> Server {
        let mut child = server
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = lines_of(child.stderr.take().unwrap());
        let mut said = Vec::new();
        let (mut address, mut metrics) = (String::new(), String::new());
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(found) = line.strip_prefix("listening on http://") {
                address = found.to_owned();
            } else if let Some(found) = line.strip_prefix("metrics and health on http://") {
                metrics = found.trim_end_matches("/metrics").to_owned();
                break;
            } else {
                said.push(line);
            }
        }
        assert!(!address.is_empty() && !metrics.is_empty(), "{said:?}");
        Server {
            child,
            address,
            metrics,
            said,
            log: Mutex::new(log),
        }
    }
}

/// The lines of a stream, read as they come so that the process never waits for a reader.
fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

impl Server {
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends bytes as they are and reads the answer.
    pub fn raw(&self, bytes: &[u8]) -> Answer {
        // A server that was killed answers nobody.
        let Ok(mut stream) = TcpStream::connect(&self.address) else {
            return Answer {
                status: 0,
                head: String::new(),
                body: String::new(),
            };
        };
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // A server that refuses early may close before all is sent.
        let _ = stream.write_all(bytes);
        read(stream)
    }

    pub fn ask(&self, method: &str, path: &str, token: &str, body: Option<&str>) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        if !token.is_empty() {
            request.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        let body = body.unwrap_or_default();
        if !body.is_empty() {
            request.push_str("content-type: application/json\r\n");
        }
        request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        self.raw(request.as_bytes())
    }

    pub fn get(&self, path: &str, token: &str) -> Answer {
        self.ask("GET", path, token, None)
    }

    /// Ends the server as a crash would.
    pub fn kill(&self) {
        let killed = Command::new("kill")
            .args(["-9", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
    }

    /// Asks the server to stop as a service manager does.
    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(asked.success());
    }

    /// Asks the server to stop, and says whether it ended well, and its whole log.
    pub fn stop(mut self) -> (bool, Vec<String>) {
        // It may have ended already, asked before.
        if self.child.try_wait().unwrap().is_none() {
            self.ask_to_stop();
        }
        let ended = self.child.wait().unwrap().success();
        (ended, self.log.lock().unwrap().iter().collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A connection that was reset after the answer still gave the answer.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
