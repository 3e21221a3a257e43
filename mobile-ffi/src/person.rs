//! MPI ids as they are typed.

use teranga_core::person::MpiId;
use teranga_core::places::Places;

use crate::error::TerangaError;

/// An MPI id and its parts.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MpiIdParts {
    /// The written form, `SN-DKR-26-9XQ7LM2A`.
    pub id: String,
    /// ISO 3166-1 alpha-2 code of the country.
    pub country: String,
    /// 3-letter code of the health region.
    pub region: String,
    /// Year of registration, four digits.
    pub year: i16,
}

impl From<MpiId> for MpiIdParts {
    fn from(id: MpiId) -> Self {
        Self {
            id: id.to_string(),
            country: id.country().to_owned(),
            region: id.region().to_owned(),
            year: id.full_year(),
        }
    }
}

/// Reads a typed MPI id, forgiving case, spaces, hyphens, and O and I in the random part. The form alone is checked.
#[uniffi::export]
pub fn parse_mpi_id(text: String) -> Result<MpiIdParts, TerangaError> {
    Ok(MpiId::parse(&text)?.into())
}

/// As [`parse_mpi_id`], and refuses a country or region that this app's directory does not have.
#[uniffi::export]
pub fn check_mpi_id(text: String) -> Result<MpiIdParts, TerangaError> {
    let id = MpiId::parse(&text)?;
    id.check_place(Places::builtin())?;
    Ok(id.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    fn fault(result: Result<MpiIdParts, TerangaError>) -> (ErrorCode, Option<u32>) {
        let TerangaError::Refused { code, position, .. } = result.unwrap_err();
        (code, position)
    }

    #[test]
    fn a_typed_id_comes_back_in_its_written_form() {
        let parts = parse_mpi_id("sn dkr 26 oxq7lm2a".into()).unwrap();
        assert_eq!(parts.id, "SN-DKR-26-0XQ7LM2A");
        assert_eq!(
            (parts.country.as_str(), parts.region.as_str(), parts.year),
            ("SN", "DKR", 2026)
        );
    }

    #[test]
    fn a_fault_has_a_code_and_the_place_of_the_cursor() {
        assert_eq!(fault(parse_mpi_id(String::new())), (ErrorCode::MpiIdEmpty, None));
        assert_eq!(
            fault(parse_mpi_id("SN-DKR-26".into())),
            (ErrorCode::MpiIdTooShort, None)
        );
        assert_eq!(
            fault(parse_mpi_id("SN-DKR-2X".into())),
            (ErrorCode::MpiIdExpectedDigit, Some(9))
        );
        assert_eq!(
            fault(parse_mpi_id("S1".into())),
            (ErrorCode::MpiIdExpectedLetter, Some(2))
        );
        assert_eq!(
            fault(parse_mpi_id("é".into())),
            (ErrorCode::MpiIdBadCharacter, Some(1))
        );
        assert_eq!(
            fault(parse_mpi_id("SN-DKR-26-9XQ7LM2A7".into())),
            (ErrorCode::MpiIdTooLong, Some(19))
        );
    }

    #[test]
    fn a_place_that_does_not_exist_is_refused_only_when_asked() {
        assert_eq!(
            fault(check_mpi_id("FR-DKR-26-9XQ7LM2A".into())),
            (ErrorCode::UnknownCountry, None)
        );
        assert_eq!(
            fault(check_mpi_id("SN-XXX-26-9XQ7LM2A".into())),
            (ErrorCode::UnknownRegion, None)
        );
        assert!(parse_mpi_id("SN-XXX-26-9XQ7LM2A".into()).is_ok());
        assert!(check_mpi_id("SN-DKR-26-9XQ7LM2A".into()).is_ok());
    }
}
