//! Settings: each is a flag, an environment variable and a line of `teranga.toml`, in that order of precedence.
//!
//! There is one description of each, the flag's; `--help` is its documentation. The file's lines become the defaults of
//! the flags of the same name ([`file`]), so that a value is checked by the same rules wherever it stands.

pub mod file;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use ipnet::IpNet;

use crate::db::Address;
use crate::files::FilesAddress;
use crate::keys::master::MasterKeySource;

/// Where the server keeps what it keeps.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// Data folder: keys, and the database where none is named
    #[arg(long, env = "TERANGA_DATA", global = true, default_value = "teranga-data")]
    pub data: PathBuf,
    /// The database: sqlite:FILE or postgres://USER@HOST/NAME [default: teranga.db in the data folder]
    #[arg(long, env = "TERANGA_DATABASE", global = true, hide_env_values = true)]
    pub database: Option<String>,
    /// Where cards and other files are kept: a folder, or s3://BUCKET/FOLDER [default: files in the data folder]
    #[arg(long, env = "TERANGA_FILES", global = true)]
    pub files: Option<String>,
    /// The master key
    #[command(flatten)]
    pub master: MasterKeySource,
}

impl Place {
    /// Where the database is: as named, else a file in the data folder.
    pub fn address(&self) -> anyhow::Result<Address> {
        match &self.database {
            Some(named) => Ok(named.parse()?),
            None => Ok(Address::Sqlite(self.data.join("teranga.db"))),
        }
    }

    /// Where files are: as named, else a folder in the data folder.
    pub fn files(&self) -> anyhow::Result<FilesAddress> {
        match &self.files {
            Some(named) => Ok(named.parse()?),
            None => Ok(FilesAddress::Folder(self.data.join("files"))),
        }
    }

    /// Makes the data folder where it is missing, for its owner alone.
    pub fn make_folder(&self) -> anyhow::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let made = builder.create(&self.data);
        made.with_context(|| format!("the data folder {} cannot be made", self.data.display()))
    }
}

/// How the server listens and what it lets pass.
#[derive(Debug, Clone, clap::Args)]
pub struct Listening {
    /// Address and port; port 0 takes a free one, which is printed
    #[arg(long, env = "TERANGA_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address and port of the Prometheus metrics (and of health), apart so that no visitor reaches them [default: none]
    #[arg(long, env = "TERANGA_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// Networks of the proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8 [default: none]
    #[arg(long, env = "TERANGA_PROXIES", value_delimiter = ',')]
    pub proxies: Vec<IpNet>,
    /// Origins whose pages may call the API, such as https://health.example [default: none]
    #[arg(long, env = "TERANGA_ORIGINS", value_delimiter = ',')]
    pub origins: Vec<String>,
    /// What is logged, by module: error, warn, info, debug
    #[arg(long, env = "TERANGA_LOG", default_value = "info")]
    pub log: String,
    #[command(flatten)]
    pub limits: Limits,
    #[command(flatten)]
    pub verification: Verification,
    #[command(flatten)]
    pub working: Working,
}

/// How slow work is done.
#[derive(Debug, Clone, clap::Args)]
pub struct Working {
    /// Jobs at once in this process; 0: none, where `teranga worker` does them [default: one a core]
    #[arg(long, env = "TERANGA_WORKERS")]
    pub workers: Option<usize>,
    /// Seconds after which the jobs of a worker that died go to others
    #[arg(long, env = "TERANGA_LEASE_SECONDS", default_value_t = 30)]
    pub lease_seconds: u64,
}

impl Default for Working {
    fn default() -> Self {
        Self {
            workers: None,
            lease_seconds: 30,
        }
    }
}

impl Working {
    /// Jobs at once; 0: none.
    pub fn places(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(2, usize::from);
        self.workers.unwrap_or_else(cores)
    }

    /// How long a worker that died keeps its jobs.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds.max(1))
    }
}

/// How the public looks at cards.
#[derive(Debug, Clone, clap::Args)]
pub struct Verification {
    /// Host that stands in the links of cards, such as v.example.org [default: none is said]
    #[arg(long, env = "TERANGA_CARD_HOST")]
    pub card_host: Option<String>,
    /// Looks a minute at one card; 0: no limit
    #[arg(long, env = "TERANGA_CARD_RATE", default_value_t = 30)]
    pub card_rate: u32,
    /// Most cards whose standing is kept in memory (60 MB a million); beyond it, each look asks the database
    #[arg(long, env = "TERANGA_INDEX_CARDS", default_value_t = 8_000_000)]
    pub index_cards: u64,
}

impl Default for Verification {
    fn default() -> Self {
        Self {
            card_host: None,
            card_rate: 30,
            index_cards: 8_000_000,
        }
    }
}

/// What one caller may ask for.
#[derive(Debug, Clone, clap::Args)]
pub struct Limits {
    /// Largest body of a request, in bytes
    #[arg(long, env = "TERANGA_BODY_LIMIT", default_value_t = 1_048_576)]
    pub body_limit: usize,
    /// Seconds in which a request's headers must have arrived
    #[arg(long, env = "TERANGA_HEADER_SECONDS", default_value_t = 10)]
    pub header_seconds: u64,
    /// Seconds in which a request must have been answered
    #[arg(long, env = "TERANGA_REQUEST_SECONDS", default_value_t = 30)]
    pub request_seconds: u64,
    /// Seconds that requests under way are given when the server stops
    #[arg(long, env = "TERANGA_STOP_SECONDS", default_value_t = 20)]
    pub stop_seconds: u64,
    /// Connections at once
    #[arg(long, env = "TERANGA_CONNECTIONS", default_value_t = 2048)]
    pub connections: usize,
    /// Requests a second from one address without a sign-in; 0: no limit
    #[arg(long, env = "TERANGA_PUBLIC_RATE", default_value_t = 20)]
    pub public_rate: u32,
    /// Requests a second of one session or token; 0: no limit
    #[arg(long, env = "TERANGA_SESSION_RATE", default_value_t = 200)]
    pub session_rate: u32,
    /// Sign-ins a minute from one address; 0: no limit
    #[arg(long, env = "TERANGA_SIGN_IN_RATE", default_value_t = 20)]
    pub sign_in_rate: u32,
    /// Sign-ins a minute to one account, from wherever; 0: no limit
    #[arg(long, env = "TERANGA_ACCOUNT_RATE", default_value_t = 10)]
    pub account_rate: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_limit: 1_048_576,
            header_seconds: 10,
            request_seconds: 30,
            stop_seconds: 20,
            connections: 2048,
            public_rate: 20,
            session_rate: 200,
            sign_in_rate: 20,
            account_rate: 10,
        }
    }
}

impl Limits {
    /// Time in which a request must have been answered.
    pub fn request_time(&self) -> Duration {
        Duration::from_secs(self.request_seconds.max(1))
    }

    /// Time in which a request's headers must have arrived.
    pub fn header_time(&self) -> Duration {
        Duration::from_secs(self.header_seconds.max(1))
    }
}
