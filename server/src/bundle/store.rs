//! Bringing parts and manifests into a bundle's folder.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::Context as _;
use teranga_core::card::key::Purpose;
use teranga_core::card::signing::PublicKey;
use teranga_core::card::trust::Scope;
use teranga_core::ids::OsRandom;
use teranga_core::registry::bundle::files::Disk;
use teranga_core::registry::bundle::folder::{Folder, FolderError};
use teranga_core::registry::bundle::keys::{self, PartKey};
use teranga_core::registry::bundle::manifest::{Kind, Manifest, Part, Recipient};
use teranga_core::registry::bundle::part;
use teranga_core::registry::bundle::seal::Cipher;

use super::command::At;
use crate::keys::command::open;

/// The bundle of a folder on this machine.
pub fn folder(path: &Path) -> anyhow::Result<Folder<Disk>> {
    Ok(Folder::new(
        Disk::open(path).with_context(|| path.display().to_string())?,
    ))
}

/// The root key that the bundle must stem from.
pub fn root(at: &At) -> anyhow::Result<PublicKey> {
    match at.root {
        Some(root) => Ok(root),
        None => {
            let said = "give --root, the organisation's root key, or the folder of its keys with --data";
            // A look must not make keys.
            anyhow::ensure!(at.keys.data.join("keys").is_dir(), said);
            let root = open(&at.keys)?
                .signer(Purpose::Root, &Scope::Organisation)
                .context(said)?;
            Ok(root.public())
        }
    }
}

/// The signed manifest that counts, if there is one.
pub fn current(folder: &Folder<Disk>) -> anyhow::Result<Option<Manifest>> {
    match folder.manifest() {
        Ok(signed) => Ok(Some(Manifest::claimed(&signed)?)),
        Err(FolderError::Empty) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Keeps a part that is signed and not secret.
pub fn keep_signed(
    folder: &mut Folder<Disk>,
    kind: Kind,
    version: u64,
    contents: &[u8],
) -> anyhow::Result<Part> {
    let part = part::store(kind, version, contents);
    keep(folder, &part, contents)?;
    Ok(part)
}

/// Seals contents under a fresh key and keeps the part.
pub fn keep_sealed(
    folder: &mut Folder<Disk>,
    kind: Kind,
    version: u64,
    contents: impl Read,
) -> anyhow::Result<(Part, PartKey)> {
    let key = PartKey::generate(&mut OsRandom)?;
    let mut file = tempfile::tempfile().context("a file for the sealed part")?;
    // Phones read it; nearly all of them have AES instructions, and the head of the part says which cipher it is.
    let part = part::seal(contents, &mut file, Cipher::Aes256Gcm, &key, (kind, version))?;
    file.seek(SeekFrom::Start(0))?;
    keep(folder, &part, file)?;
    Ok((part, key))
}

fn keep(folder: &mut Folder<Disk>, part: &Part, mut contents: impl Read) -> anyhow::Result<()> {
    let (mut offset, mut buffer) = (0, vec![0; 1 << 20]);
    loop {
        match contents.read(&mut buffer)? {
            0 => break,
            read => folder.write(part, offset, &buffer[..read])?,
        }
        offset = folder.have(part)?;
    }
    // An empty part has no bytes to write and is a file all the same.
    folder.write(part, offset, &[])?;
    Ok(folder.keep(part)?)
}

/// Seals the keys of the parts to each device.
pub fn recipients(
    vaults: &[[u8; 32]],
    parts: &[Part],
    part_keys: &[(Kind, PartKey)],
) -> anyhow::Result<Vec<Recipient>> {
    let sealed_to = |vault: &[u8; 32]| {
        let mut sealed = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            if let Some((_, key)) = part_keys.iter().find(|(kind, _)| *kind == part.kind) {
                sealed.push((place, keys::seal(vault, part, key, &mut OsRandom)?));
            }
        }
        Ok(Recipient {
            vault: *vault,
            keys: sealed,
        })
    };
    vaults.iter().map(sealed_to).collect()
}
