//! How each version has to be asked. A name that a version does not know is ignored there, so these are measured on real
//! servers (2.40 to 2.42) or taken from the published documentation (2.36 to 2.39); see docs/dhis2.md.

use super::ClientError;

/// A version of DHIS2, as far as it is told apart: 40 for 2.40.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

impl Version {
    /// Reads `2.41.5.1`, `2.42-SNAPSHOT` or `43.0`.
    ///
    /// # Errors
    /// For versions before 2.36 and texts that are none.
    pub fn parse(text: &str) -> Result<Self, ClientError> {
        let mut parts = text.split(['.', '-']).map(str::parse::<u32>);
        let first = parts.next().and_then(Result::ok).ok_or(ClientError::NotDhis2)?;
        let number = match first {
            2 => parts.next().and_then(Result::ok).ok_or(ClientError::NotDhis2)?,
            // The first number may go one day.
            40.. => first,
            _ => return Err(ClientError::NotDhis2),
        };
        if number < 36 {
            return Err(ClientError::TooOld);
        }
        Ok(Self(number))
    }
}

/// Which people are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Everyone.
    All,
    /// Those who changed since a time, on the server's own clock, and those who were deleted.
    Since {
        /// `2026-11-23T02:30:14.573`, without an offset.
        time: String,
        /// The same in seconds before the server's present.
        seconds: i64,
    },
}

/// The words of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect(Version);

impl Dialect {
    /// The words of a version.
    pub fn of(version: Version) -> Self {
        Self(version)
    }

    /// Parameters of a list of people.
    pub(super) fn people(
        self,
        program: &str,
        units: &[String],
        changes: &Changes,
    ) -> Vec<(&'static str, String)> {
        let is_old = self.0 < Version(41);
        let mut parameters = vec![("program", program.to_owned())];
        if is_old {
            parameters.push(("orgUnit", units.join(";")));
            parameters.push(("ouMode", "DESCENDANTS".to_owned()));
        } else {
            parameters.push(("orgUnits", units.join(",")));
            parameters.push(("orgUnitMode", "DESCENDANTS".to_owned()));
        }
        if self.0 >= Version(40) {
            // Whoever comes while the pages are read comes on the last one.
            parameters.push(("order", "createdAt:asc".to_owned()));
        }
        if let Changes::Since { time, seconds } = changes {
            // 2.40 cuts the time of day off `updatedAfter`.
            if is_old {
                parameters.push(("updatedWithin", format!("{seconds}s")));
            } else {
                parameters.push(("updatedAfter", time.clone()));
            }
            parameters.push(("includeDeleted", "true".to_owned()));
        }
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_servers_write_them() {
        let version = |text| Version::parse(text).map(|version| version.0);
        assert_eq!(version("2.40.1"), Ok(40));
        assert_eq!(version("2.41.5.1"), Ok(41));
        assert_eq!(version("2.43-SNAPSHOT"), Ok(43));
        assert_eq!(version("44.0.1"), Ok(44));
        assert_eq!(version("2.35.2"), Err(ClientError::TooOld));
        for text in ["", "x", "3.1", "2", "2.x"] {
            assert_eq!(version(text), Err(ClientError::NotDhis2), "{text}");
        }
    }
}
