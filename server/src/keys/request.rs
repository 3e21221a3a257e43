//! A key to make, checked before it is.

use anyhow::bail;
use jiff::civil::Date;
use teranga_core::card::key::Purpose;
use teranga_core::card::trust::Scope;

/// A key to make.
#[derive(Debug, Clone)]
pub struct KeyRequest {
    /// What it is for.
    pub purpose: Purpose,
    /// What it is limited to.
    pub scope: Scope,
    /// First day of its period of issue.
    pub not_before: Date,
    /// Last day of its period of issue.
    pub not_after: Date,
}

impl KeyRequest {
    /// Fails for what makes no sense: a scope that does not go with the purpose, a period that is none or too long.
    pub fn check(&self) -> anyhow::Result<()> {
        let fits = match (self.purpose, &self.scope) {
            (Purpose::Issuer | Purpose::Token, Scope::Campaign(_) | Scope::Lot(_)) => true,
            (Purpose::Pass, Scope::Campaign(_)) => true,
            (Purpose::Root | Purpose::Publisher | Purpose::Session | Purpose::Sync, Scope::Organisation) => {
                true
            }
            (Purpose::Device, _) => bail!("device keys are made on the phone, which never gives them away"),
            _ => false,
        };
        if !fits {
            bail!(
                "a {} key cannot be limited to {}",
                self.purpose,
                shown(&self.scope)
            );
        }
        if let Scope::Campaign(name) | Scope::Lot(name) = &self.scope
            && (name.is_empty() || name.len() > 64 || name.chars().any(char::is_control))
        {
            bail!("a campaign's prefix or a lot's number has 1 to 64 characters");
        }
        if self.not_after < self.not_before {
            bail!("the key's period ends before it begins");
        }
        if self.purpose == Purpose::Issuer && self.not_after > years_after(self.not_before, 10) {
            bail!(
                "an issuer key signs for at most ten years, so that a lost one does not put more cards in doubt"
            );
        }
        Ok(())
    }
}

/// A scope in words.
pub fn shown(scope: &Scope) -> String {
    match scope {
        Scope::Organisation => "the organisation".to_owned(),
        Scope::Campaign(prefix) => format!("campaign {prefix}"),
        Scope::Lot(number) => format!("lot {number}"),
    }
}

/// The same day some years later.
pub fn years_after(day: Date, years: i32) -> Date {
    day.saturating_add(jiff::Span::new().years(years))
}
