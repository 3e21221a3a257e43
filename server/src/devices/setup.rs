//! Who may use a phone, for what, and where; told again whenever it changes.

use sha2::{Digest as _, Sha256};
use teranga_core::wire::downlink::Message;
use teranga_core::wire::enroll::{ConsentText, Policy, Program, Setup, User};
use teranga_core::wire::fact::HolderCheck;

use super::known::Device;
use super::{DeviceError, downlink};
use crate::access::{Action, Actor, Area, Grant, Role, Who};
use crate::app::App;
use crate::db::{DbError, sql};
use crate::org;

/// The roles that are of use on a phone.
const ROLES: [Role; 4] = [
    Role::ProgramAdmin,
    Role::Supervisor,
    Role::EnrollmentAgent,
    Role::HealthWorker,
];

/// Read where the organization has written no text of its own.
const CONSENTS: [(&str, &str); 5] = [
    (
        "en",
        "We would like to write down your name, date of birth, sex and where you live, so that you are recognized when \
            you come again and your card can be checked. Nothing about your health is in it. You may say no, ask for a \
            copy, have it corrected, or have it ended at any time. Do you agree?",
    ),
    (
        "fr",
        "Nous voudrions noter votre nom, votre date de naissance, votre sexe et votre lieu de résidence, afin de vous \
            reconnaître à votre retour et de pouvoir vérifier votre carte. Rien n'y concerne votre santé. Vous pouvez \
            refuser, en demander une copie, une correction ou la fin à tout moment. Êtes-vous d'accord ?",
    ),
    (
        "pt",
        "Gostaríamos de anotar o seu nome, data de nascimento, sexo e local de residência, para o reconhecer quando \
            voltar e poder verificar o seu cartão. Nada disso diz respeito à sua saúde. Pode recusar, pedir uma cópia, uma \
            correção ou o fim a qualquer momento. Concorda?",
    ),
    (
        "sw",
        "Tungependa kuandika jina lako, tarehe ya kuzaliwa, jinsia na mahali unapoishi, ili utambulike ukirudi na kadi \
            yako iweze kuthibitishwa. Hakuna chochote kuhusu afya yako. Unaweza kukataa, kuomba nakala, marekebisho au \
            kusitisha wakati wowote. Je, unakubali?",
    ),
    (
        "ar",
        "نود أن نكتب اسمك وتاريخ ميلادك وجنسك ومكان سكنك، لكي نتعرف عليك عند عودتك ويمكن التحقق من بطاقتك. لا شيء فيها \
            عن صحتك. يمكنك أن ترفض، أو أن تطلب نسخة أو تصحيحا أو إنهاء في أي وقت. هل توافق؟",
    ),
];

/// The setup of a phone as it is now, under the number of the last one that differed. A new one waits as a downlink too.
pub(super) async fn current(app: &App, device: &Device) -> Result<Setup, DeviceError> {
    let mut setup = gather(app, device).await?;
    let json = serde_json::to_vec(&setup).map_err(|error| DeviceError::Failed(error.to_string()))?;
    let hash = Sha256::digest(&json).to_vec();
    const TOLD: &str = "SELECT setup, setup_hash FROM device_keys WHERE device = $1";
    let row = sql::one(app.db.reader(), TOLD, [device.row.into()]).await?;
    let row = row.ok_or(DeviceError::Unknown)?;
    setup.number = row.try_get_by_index::<i64>(0)?.unsigned_abs();
    if row.try_get_by_index::<Option<Vec<u8>>>(1)?.as_ref() == Some(&hash) {
        return Ok(setup);
    }
    setup.number += 1;
    let (told, device, at) = (setup.clone(), device.clone(), app.clock.millis());
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            const KEEP: &str =
                "UPDATE device_keys SET setup = $1, setup_hash = $2 WHERE device = $3 AND setup < $1";
            let number = i64::try_from(told.number).unwrap_or(i64::MAX);
            if sql::run(tx, KEEP, [number.into(), hash.into(), device.row.into()]).await? > 0 {
                downlink::say(tx, &device, &[Message::Setup(Box::new(told))], at).await?;
            }
            Ok::<_, DeviceError>(())
        })
    });
    work.await?;
    Ok(setup)
}

async fn gather(app: &App, device: &Device) -> Result<Setup, DeviceError> {
    let reader = app.db.reader();
    let organisation = org::organisations(reader).await?;
    let organisation = organisation.into_iter().find(|one| one.id == device.organisation);
    let organisation = organisation.ok_or(DeviceError::Unknown)?;
    let settings = settings(app, device.organisation).await?;
    Ok(Setup {
        number: 0,
        organisation: organisation.name,
        name: device.name.clone(),
        area: device.place(),
        users: users(app, device).await?,
        programs: programs(app, device, &settings).await?,
        consents: consents(&settings),
        policy: settings
            .get("phones")
            .and_then(|phones| serde_json::from_value::<Policy>(phones.clone()).ok())
            .unwrap_or_default(),
    })
}

async fn settings(app: &App, organisation: i64) -> Result<serde_json::Value, DbError> {
    const SETTINGS: &str = "SELECT settings FROM organisations WHERE id = $1";
    let row = sql::one(app.db.reader(), SETTINGS, [organisation.into()]).await?;
    let text: String = row.map_or(Ok(String::new()), |row| row.try_get_by_index(0))?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn consents(settings: &serde_json::Value) -> Vec<ConsentText> {
    let own = settings.get("consents").cloned();
    let own = own.and_then(|texts| serde_json::from_value::<Vec<ConsentText>>(texts).ok());
    own.filter(|texts| !texts.is_empty()).unwrap_or_else(|| {
        let text = |(language, words): (&str, &str)| ConsentText {
            text: "registration".to_owned(),
            version: 1,
            language: language.to_owned(),
            words: words.to_owned(),
        };
        CONSENTS.map(text).to_vec()
    })
}

/// Programs that are open. A sensitive one is on no phone: being asked for it would tell on whoever is asked.
async fn programs(app: &App, device: &Device, settings: &serde_json::Value) -> Result<Vec<Program>, DbError> {
    let campaigns = org::campaigns(app.db.reader(), device.organisation).await?;
    let programs = org::programs(app.db.reader(), device.organisation).await?;
    let check = |code: &str| {
        let word = settings
            .pointer("/holder_checks")
            .and_then(|checks| checks.get(code));
        word.and_then(|word| serde_json::from_value::<HolderCheck>(word.clone()).ok())
    };
    let open = programs
        .into_iter()
        .filter(|one| !one.sensitive && one.closed.is_none());
    Ok(open
        .map(|one| Program {
            id: one.id.unsigned_abs(),
            check: check(&one.code).unwrap_or(HolderCheck::Name),
            campaigns: campaigns
                .iter()
                .filter(|campaign| campaign.program == one.id)
                .map(|campaign| campaign.prefix.clone())
                .collect(),
            code: one.code,
            name: one.public_name,
        })
        .collect())
}

/// Whoever has a role in the phone's area.
async fn users(app: &App, device: &Device) -> Result<Vec<User>, DbError> {
    let mut users: Vec<User> = Vec::new();
    for (id, name, grant) in granted(app, device).await? {
        match users.last() {
            // The first role of a user is the mightiest.
            Some(last) if last.id == id => {}
            _ => users.push(User {
                id,
                name,
                role: grant.role.name().to_owned(),
            }),
        }
    }
    Ok(users)
}

/// Users who are not disabled, with their roles that hold where the phone works, the mightiest first.
async fn granted(app: &App, device: &Device) -> Result<Vec<(u64, String, Grant)>, DbError> {
    const GRANTED: &str = "SELECT u.id, u.name, r.role, r.area FROM users u JOIN user_roles r ON r.user_id = u.id \
         WHERE u.organisation = $1 AND u.state = 0 ORDER BY u.id";
    let rows = sql::all(app.db.reader(), GRANTED, [device.organisation.into()]).await?;
    let mut granted = Vec::new();
    for row in rows {
        let (role, area): (String, String) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        let (Ok(role), Ok(area)) = (role.parse::<Role>(), area.parse::<Area>()) else {
            continue;
        };
        let meets = area.covers(&device.area) || device.area.covers(&area);
        if meets && ROLES.contains(&role) {
            let id: i64 = row.try_get_by_index(0)?;
            granted.push((id.unsigned_abs(), row.try_get_by_index(1)?, Grant { role, area }));
        }
    }
    granted.sort_by_key(|(id, _, grant)| (*id, grant.role));
    Ok(granted)
}

/// The people who may have done what a phone says, as actors.
pub(super) struct Users(Vec<(u64, Actor)>);

impl Users {
    /// Of a phone.
    pub(super) async fn of(app: &App, device: &Device) -> Result<Self, DbError> {
        let mut users: Vec<(u64, Actor)> = Vec::new();
        for (id, _, grant) in granted(app, device).await? {
            match users.last_mut() {
                Some((last, actor)) if *last == id => actor.grants.push(grant),
                _ => users.push((id, actor(device, id, grant, app.clock.millis()))),
            }
        }
        Ok(Self(users))
    }

    /// The actor of a user, if the phone is theirs to use.
    pub(super) fn find(&self, user: u64) -> Option<&Actor> {
        self.0.iter().find(|(id, _)| *id == user).map(|(_, actor)| actor)
    }
}

fn actor(device: &Device, user: u64, grant: Grant, at: i64) -> Actor {
    Actor {
        who: Who::Device {
            device: device.row,
            user: i64::try_from(user).unwrap_or_default(),
        },
        grants: vec![grant],
        ..Actor::console(device.organisation, at)
    }
}

/// Whether someone may do something at all where the phone works. People are registered where they are met, not where
/// they live, so that no place is asked.
pub(super) fn may(actor: &Actor, action: Action) -> bool {
    actor.grants.iter().any(|grant| grant.role.may(action))
}
