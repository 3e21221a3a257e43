//! What columns hold, and what they are usually called in English, French and Portuguese.

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The row's own id, given back in the output.
    Id,
    /// Given names.
    Given,
    /// Family names.
    Family,
    /// Given and family names in one.
    FullName,
    /// Date of birth, year of birth, or age.
    Birth,
    /// Sex.
    Sex,
    /// Country code.
    Country,
    /// Region.
    Region,
    /// District.
    District,
    /// Commune.
    Commune,
    /// Village or quarter.
    Village,
    /// Phone number.
    Phone,
    /// The mother's full name.
    Mother,
    /// Household.
    Household,
    /// The person's id in the Master Patient Index.
    MpiId,
    /// Day of enrollment in a programme.
    Enrolled,
    /// Tracked entity in DHIS2.
    TrackedEntity,
    /// Public name of the programme.
    Programme,
    /// Text of the QR code, where cards were signed elsewhere.
    QrText,
    /// Code that is printed beside the QR code.
    CardCode,
    /// File with the person's photo.
    Photo,
}

use Role::{
    Birth, CardCode, Commune, Country, District, Enrolled, Family, FullName, Given, Household, Id, Mother,
    MpiId, Phone, Photo, Programme, QrText, Region, Sex, TrackedEntity, Village,
};

/// Usual names, folded to letters and digits. The first column that fits takes the role.
pub const USUAL: &[(Role, &[&str])] = &[
    (
        Id,
        &[
            "id",
            "recid",
            "recordid",
            "uid",
            "identifiant",
            "numero",
            "no",
            "n",
            "matricule",
            "code",
            "identificador",
        ],
    ),
    (
        Given,
        &[
            "given",
            "givenname",
            "givennames",
            "firstname",
            "firstnames",
            "forename",
            "prenom",
            "prenoms",
            "nomeproprio",
            "primeironome",
        ],
    ),
    (
        Family,
        &[
            "family",
            "familyname",
            "lastname",
            "surname",
            "nom",
            "nomdefamille",
            "nomfamille",
            "apelido",
            "sobrenome",
            "apelidos",
        ],
    ),
    (
        FullName,
        &[
            "name",
            "fullname",
            "nomcomplet",
            "nometprenom",
            "nomprenom",
            "prenomnom",
            "prenometnom",
            "nome",
            "nomecompleto",
        ],
    ),
    (
        Birth,
        &[
            "birth",
            "birthdate",
            "dateofbirth",
            "dob",
            "datenaissance",
            "datedenaissance",
            "naissance",
            "nele",
            "datanascimento",
            "datadenascimento",
            "nascimento",
            "birthyear",
            "yearofbirth",
            "anneenaissance",
            "age",
            "idade",
        ],
    ),
    (Sex, &["sex", "gender", "sexe", "genre", "sexo", "genero"]),
    (Country, &["country", "pays", "pais", "countrycode", "codepays"]),
    (Region, &["region", "regiao", "state", "province", "provincia"]),
    (
        District,
        &[
            "district",
            "distrito",
            "districtsanitaire",
            "departement",
            "postcode",
        ],
    ),
    (
        Commune,
        &[
            "commune",
            "comuna",
            "town",
            "city",
            "ville",
            "cidade",
            "suburb",
            "municipality",
            "municipio",
        ],
    ),
    (
        Village,
        &[
            "village",
            "quartier",
            "aldeia",
            "bairro",
            "quarter",
            "neighbourhood",
            "neighborhood",
            "localite",
        ],
    ),
    (
        Phone,
        &[
            "phone",
            "phonenumber",
            "telephone",
            "numerotelephone",
            "numerodetelephone",
            "tel",
            "mobile",
            "portable",
            "telefone",
            "telemovel",
            "contacto",
        ],
    ),
    (
        Mother,
        &[
            "mother",
            "mothername",
            "mothersname",
            "mere",
            "nommere",
            "nomdelamere",
            "mae",
            "nomedamae",
        ],
    ),
    (
        Household,
        &[
            "household",
            "householdid",
            "menage",
            "codemenage",
            "agregado",
            "agregadofamiliar",
            "foyer",
        ],
    ),
    (
        MpiId,
        &["mpiid", "mpi", "identifiantmpi", "idmpi", "identificadormpi"],
    ),
    (
        Enrolled,
        &[
            "enrolled",
            "enrollmentdate",
            "enrolmentdate",
            "dateofenrollment",
            "dateofenrolment",
            "dateinscription",
            "datedinscription",
            "dateenrolement",
            "datedenrolement",
            "dataregisto",
            "datadeinscricao",
        ],
    ),
    (
        TrackedEntity,
        &[
            "trackedentity",
            "trackedentityid",
            "trackedentityinstance",
            "tei",
            "dhis2uid",
            "dhis2id",
        ],
    ),
    (Programme, &["programme", "program", "programa"]),
    (QrText, &["qr", "qrtext", "qrcode", "texteqr", "textoqr"]),
    (CardCode, &["cardcode", "codecarte", "codigocartao"]),
    (Photo, &["photo", "picture", "portrait", "foto", "fotografia"]),
];
