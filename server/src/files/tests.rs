//! The contract of files, on a folder and on a bucket of an S3 server in this process.

use std::io::Write as _;

use futures_util::TryStreamExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use object_store::aws::AmazonS3Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

use super::*;

/// A folder, and a bucket; whatever holds them lives as long as the test.
async fn both() -> (tempfile::TempDir, Vec<Files>) {
    let folder = tempfile::tempdir().unwrap();
    let local = FilesAddress::Folder(folder.path().join("files"));
    let bucket = bucket(folder.path()).await;
    (folder, vec![Files::open(&local).unwrap(), bucket])
}

async fn bucket(folder: &Local) -> Files {
    let root = folder.join("s3");
    std::fs::create_dir_all(root.join("cards")).unwrap();
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(&root).unwrap());
    builder.set_auth(SimpleAuth::from_single("key", "secret"));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let http = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = AmazonS3Builder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_bucket_name("cards")
        .with_access_key_id("key")
        .with_secret_access_key("secret")
        .build()
        .unwrap();
    Files {
        store: Arc::new(store),
        below: Path::from("sn"),
    }
}

async fn all_of(reading: Reading) -> Vec<u8> {
    let pieces: Vec<Bytes> = reading.stream.try_collect().await.unwrap();
    pieces.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_is_read_whole_and_in_parts_listed_and_removed() {
    let (_folder, all) = both().await;
    for files in all {
        let kept = files.put("runs/1/a.pdf", b"0123456789".to_vec()).await.unwrap();
        assert_eq!(
            (kept.bytes, kept.sha256),
            (10, Sha256::digest(b"0123456789").into())
        );
        files.put("runs/1/b.zip", b"b".to_vec()).await.unwrap();
        files.put("runs/12/c.pdf", b"c".to_vec()).await.unwrap();
        assert_eq!(files.get("runs/1/a.pdf").await.unwrap(), b"0123456789");

        let part = files.read("runs/1/a.pdf", Some(3..6)).await.unwrap();
        assert_eq!((part.size, part.range.clone()), (10, 3..6));
        assert_eq!(all_of(part).await, b"345");
        assert_eq!(
            all_of(files.read("runs/1/a.pdf", None).await.unwrap()).await,
            b"0123456789"
        );

        let mut names = files.list("runs/1").await.unwrap();
        names.sort();
        assert_eq!(names, ["runs/1/a.pdf", "runs/1/b.zip"]);
        files.clear("runs/1", &["runs/1/a.pdf".to_owned()]).await.unwrap();
        assert_eq!(files.list("runs/1").await.unwrap(), ["runs/1/a.pdf"]);
        files.remove("runs/1/b.zip").await.unwrap();
        assert!(matches!(
            files.get("runs/1/b.zip").await,
            Err(FilesError::Missing)
        ));
        assert!(matches!(
            files.read("nowhere", None).await,
            Err(FilesError::Missing)
        ));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_goes_in_parts_and_comes_back_the_same() {
    let (folder, all) = both().await;
    let mut large = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
    let line: Vec<u8> = (0..=255).collect();
    for _ in 0..(70 << 10) {
        large.write_all(&line).unwrap();
    }
    large.flush().unwrap();
    for files in all {
        let kept = files.put_file("large", large.path()).await.unwrap();
        assert_eq!(kept.bytes, 70 << 18);
        let back = files.get("large").await.unwrap();
        assert_eq!(<[u8; 32]>::from(Sha256::digest(&back)), kept.sha256);
    }
}
