//! Where files are, as a setting.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use super::FilesError;

/// How long one request to a bucket may take, parts of 8 MB among them.
const REQUEST: Duration = Duration::from_secs(60);

/// How long a request is tried again before the job that asks is.
const RETRIES: Duration = Duration::from_secs(30);

/// Where files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesAddress {
    /// A folder of this machine, or one that several share.
    Folder(PathBuf),
    /// A bucket, and a folder in it.
    Bucket {
        /// Its name.
        bucket: String,
        /// Below which files are; nothing: at the top.
        below: String,
    },
}

impl FromStr for FilesAddress {
    type Err = FilesError;

    fn from_str(text: &str) -> Result<Self, FilesError> {
        let Some(rest) = text.strip_prefix("s3://") else {
            let is_other = text.contains("://") || text.is_empty();
            return if is_other {
                Err(FilesError::Refused(
                    "files are kept in a folder, or in s3://BUCKET/FOLDER".to_owned(),
                ))
            } else {
                Ok(Self::Folder(text.into()))
            };
        };
        let (bucket, below) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(FilesError::Refused(
                "name the bucket: s3://BUCKET/FOLDER".to_owned(),
            ));
        }
        Ok(Self::Bucket {
            bucket: bucket.to_owned(),
            below: below.trim_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for FilesAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "{}", folder.display()),
            Self::Bucket { bucket, below } => write!(out, "s3://{bucket}/{below}"),
        }
    }
}

impl FilesAddress {
    pub(super) fn open(&self) -> Result<(Arc<dyn ObjectStore>, Path), FilesError> {
        match self {
            Self::Folder(folder) => {
                std::fs::create_dir_all(folder)?;
                let store = LocalFileSystem::new_with_prefix(folder)?
                    .with_fsync(true)
                    .with_automatic_cleanup(true);
                Ok((Arc::new(store), Path::default()))
            }
            Self::Bucket { bucket, below } => {
                let store = bucket_of(bucket).build()?;
                let below = Path::parse(below).map_err(object_store::Error::from)?;
                Ok((Arc::new(store), below))
            }
        }
    }
}

/// A bucket whose endpoint, region and credentials come from the environment, by the names that all S3 clients know:
/// AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY. An endpoint is called without encryption only
/// where its own address says http.
fn bucket_of(bucket: &str) -> AmazonS3Builder {
    // TLS is rustls with ring, as the database's. Whoever was first has set the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap_or_default();
    let is_open = endpoint.starts_with("http://");
    let options = ClientOptions::new()
        .with_timeout(REQUEST)
        .with_allow_http(is_open);
    AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_client_options(options)
        .with_retry(RetryConfig {
            max_retries: 4,
            retry_timeout: RETRIES,
            ..RetryConfig::default()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_folder_or_a_bucket() {
        let bucket = |bucket: &str, below: &str| FilesAddress::Bucket {
            bucket: bucket.into(),
            below: below.into(),
        };
        assert_eq!(
            "s3://cards/sn/".parse::<FilesAddress>().unwrap(),
            bucket("cards", "sn")
        );
        assert_eq!("s3://cards".parse::<FilesAddress>().unwrap(), bucket("cards", ""));
        assert_eq!(
            "a/b".parse::<FilesAddress>().unwrap(),
            FilesAddress::Folder("a/b".into())
        );
        for wrong in ["", "s3://", "ftp://cards"] {
            assert!(wrong.parse::<FilesAddress>().is_err(), "{wrong}");
        }
        assert_eq!(bucket("cards", "sn").to_string(), "s3://cards/sn");
    }
}
