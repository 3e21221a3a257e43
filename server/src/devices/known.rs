//! A phone as the server knows it.

use sea_orm::{ConnectionTrait, QueryResult};
use teranga_core::card::signing::PublicKey;
use teranga_core::person::Place;
use teranga_core::wire::DeviceId;
use teranga_core::wire::enroll::DeviceKeys;

use crate::access::Area;
use crate::db::{DbError, sql};

/// A phone that has enrolled.
#[derive(Debug, Clone)]
pub struct Device {
    /// Its row.
    pub row: i64,
    /// Its name on the wire.
    pub id: DeviceId,
    /// Whose.
    pub organisation: i64,
    /// What people call it.
    pub name: String,
    /// Where it works.
    pub area: Area,
    /// Whether it was revoked.
    pub is_revoked: bool,
    /// Its public keys.
    pub keys: DeviceKeys,
    /// Goes up when it turns out that the server forgot something of it.
    pub epoch: u64,
}

const COLUMNS: &str = "d.id, k.name, d.organisation, d.name, d.area, d.state, k.signing, k.transport, k.vault, k.epoch \
     FROM device_keys k JOIN devices d ON d.id = k.device";

impl Device {
    /// The key that its packets are signed with.
    pub fn signing(&self) -> PublicKey {
        PublicKey(self.keys.signing)
    }

    /// Where it works, as the wire says it.
    pub fn place(&self) -> Place {
        let mut parts = self.area.parts().map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Place {
            country: next(),
            region: next(),
            district: next(),
            ..Place::default()
        }
    }
}

/// The phone of a name.
pub async fn by_id<C: ConnectionTrait>(connection: &C, id: DeviceId) -> Result<Option<Device>, DbError> {
    let text = format!("SELECT {COLUMNS} WHERE k.name = $1");
    let row = sql::one(connection, &text, [id.0.to_vec().into()]).await?;
    row.as_ref().map(read).transpose()
}

/// The phone of a row of an organization.
pub async fn by_row<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    row: i64,
) -> Result<Option<Device>, DbError> {
    let text = format!("SELECT {COLUMNS} WHERE d.organisation = $1 AND d.id = $2");
    let row = sql::one(connection, &text, [organisation.into(), row.into()]).await?;
    row.as_ref().map(read).transpose()
}

pub(super) fn read(row: &QueryResult) -> Result<Device, DbError> {
    let area: String = row.try_get_by_index(4)?;
    Ok(Device {
        row: row.try_get_by_index(0)?,
        id: DeviceId(fixed(row, 1)?),
        organisation: row.try_get_by_index(2)?,
        name: row.try_get_by_index(3)?,
        area: area
            .parse()
            .map_err(|_| DbError::Corrupt("an area of a phone".to_owned()))?,
        is_revoked: row.try_get_by_index::<i16>(5)? > 1,
        keys: DeviceKeys {
            signing: fixed(row, 6)?,
            transport: fixed(row, 7)?,
            vault: fixed(row, 8)?,
        },
        epoch: row.try_get_by_index::<i64>(9)?.unsigned_abs(),
    })
}

/// Bytes of a fixed length in a column.
pub(super) fn fixed<const N: usize>(row: &QueryResult, at: usize) -> Result<[u8; N], DbError> {
    let bytes: Vec<u8> = row.try_get_by_index(at)?;
    bytes
        .try_into()
        .map_err(|_| DbError::Corrupt("bytes of another length".to_owned()))
}
