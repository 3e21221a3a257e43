//! The API against its own description: schemathesis reads `/openapi.json` of a real server and sends what the document
//! allows and what it forbids. No answer may be a 5xx, of a status or a media type that is not written there, or of
//! another form than its schema.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::run::{Count, cargo, command, succeed, target};
use crate::tools;

/// Random requests to each operation, beside those that the schemas' limits ask for.
const EXAMPLES: &str = "25";

/// What is held against each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,response_headers_conformance";

/// The operation that would revoke the token of the run; it comes last, alone.
const LAST: &str = "/tokens/{id}";

/// Runs both halves; each is a test.
pub fn check() -> Result<Count> {
    let bin = tools::python_environment("api", "tests/xtask/requirements-api.txt")?;
    succeed(&mut cargo(&["build", "--quiet", "--package", "teranga-server"]))?;
    let server = Server::start()?;
    let mut total = Count::default();
    for half in [["--exclude-path", LAST], ["--include-path", LAST]] {
        let passed = run(&bin, &server, half)?;
        println!(
            "schemathesis {}: {}",
            half.join(" "),
            if passed { "ok" } else { "FAILED, see above" }
        );
        total.add(Count::one(passed));
    }
    Ok(total)
}

fn run(bin: &Path, server: &Server, half: [&str; 2]) -> Result<bool> {
    let document = format!("http://{}/openapi.json", server.address);
    let header = format!("Authorization: Bearer {}", server.token);
    let mut run = command(bin.join("schemathesis"), &["run", &document, "--header", &header]);
    run.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    run.args([
        "--max-examples",
        EXAMPLES,
        "--seed",
        "1",
        "--no-shrink",
        "--workers",
        "2",
    ]);
    run.args(["--warnings", "off", "--continue-on-failure"]);
    // Its cache of examples goes with the folder.
    run.args(half)
        .current_dir(&server.folder)
        .env("HYPOTHESIS_STORAGE_DIRECTORY", server.folder.join("examples"));
    Ok(run.status().context("cannot start schemathesis")?.success())
}

/// A server over an empty data folder; it ends with the value.
struct Server {
    child: Child,
    folder: PathBuf,
    address: String,
    token: String,
}

impl Server {
    fn start() -> Result<Self> {
        let folder = target().join("api-check");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let mut serve = teranga(&folder);
        serve.args(["serve", "--listen", "127.0.0.1:0"]);
        for rate in ["public", "session", "sign-in", "account"] {
            serve.args([&format!("--{rate}-rate"), "0"]);
        }
        let log = fs::File::create(folder.join("server.log"))?;
        let child = serve
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("cannot start the server")?;
        let mut server = Self {
            child,
            folder,
            address: String::new(),
            token: String::new(),
        };
        server.address = server.listening()?;
        server.token = server.make_token()?;
        Ok(server)
    }

    /// Reads what the server says until it says where it listens.
    fn listening(&mut self) -> Result<String> {
        let said = self.child.stdout.take().context("the server has no output")?;
        for line in BufReader::new(said).lines() {
            if let Some(address) = line?.strip_prefix("listening on http://") {
                return Ok(address.to_owned());
            }
        }
        Err(anyhow::anyhow!(
            "the server ended: see {}",
            self.folder.join("server.log").display()
        ))
    }

    fn make_token(&self) -> Result<String> {
        let arguments = [
            "admin",
            "token",
            "create",
            "--role",
            "platform-admin",
            "--name",
            "api-check",
        ];
        let output = teranga(&self.folder).args(arguments).output()?;
        ensure!(
            output.status.success(),
            "no token: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn teranga(folder: &Path) -> Command {
    let mut command = command(target().join("debug/teranga"), &[]);
    command.env("TERANGA_DATA", folder.join("data"));
    command
}
