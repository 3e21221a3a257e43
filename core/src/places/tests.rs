use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn places() -> &'static Places {
    Places::builtin()
}

#[test]
fn every_country_is_there_once_in_its_part_of_africa() {
    let places = places();
    let alpha2: HashSet<_> = places.countries().iter().map(|country| &country.alpha2).collect();
    let alpha3: HashSet<_> = places.countries().iter().map(|country| &country.alpha3).collect();
    let numeric: HashSet<_> = places
        .countries()
        .iter()
        .map(|country| &country.numeric)
        .collect();
    assert_eq!([alpha2.len(), alpha3.len(), numeric.len()], [54; 3]);
    let count = |part| {
        places
            .countries()
            .iter()
            .filter(|country| country.subregion == part)
            .count()
    };
    let parts = [
        Subregion::West,
        Subregion::Central,
        Subregion::East,
        Subregion::Southern,
        Subregion::North,
    ];
    assert_eq!(parts.map(count), [16, 9, 18, 5, 6]);
}

#[test]
fn codes_have_their_iso_forms() {
    for country in places().countries() {
        let letters =
            |code: &str, length| code.len() == length && code.bytes().all(|b| b.is_ascii_uppercase());
        let digits = |code: &str| code.bytes().all(|b| b.is_ascii_digit());
        assert!(
            letters(&country.alpha2, 2) && letters(&country.alpha3, 3),
            "{}",
            country.english
        );
        assert!(
            country.numeric.len() == 3 && digits(&country.numeric),
            "{}",
            country.english
        );
        assert!(letters(&country.currency.code, 3), "{}", country.english);
        assert!((2..=3).contains(&country.calling_code.len()) && digits(&country.calling_code));
        assert!((7..=10).contains(&country.phone_digits) && !country.languages.is_empty());
    }
}

#[test]
fn a_country_gives_its_currency_with_its_minor_units() {
    let of = |country: &str| {
        let currency = &places().country(country).unwrap().currency;
        (currency.code.as_str(), currency.minor_units, currency.subunits)
    };
    assert_eq!(of("SN"), ("XOF", 0, 1));
    assert_eq!(of("CM"), ("XAF", 0, 1));
    assert_eq!(of("NG"), ("NGN", 2, 100));
    assert_eq!(of("TN"), ("TND", 3, 1000));
    assert_eq!(of("LY"), ("LYD", 3, 1000));
    assert_eq!(of("MR"), ("MRU", 2, 5));
    assert_eq!(of("MG"), ("MGA", 2, 5));
    assert_eq!([of("ST").0, of("SL").0, of("ZW").0], ["STN", "SLE", "ZWG"]);
    let whole: Vec<_> = places()
        .currencies()
        .into_iter()
        .filter(|currency| currency.minor_units == 0)
        .collect();
    let codes: Vec<_> = whole.iter().map(|currency| currency.code.as_str()).collect();
    assert_eq!(codes, ["BIF", "DJF", "GNF", "KMF", "RWF", "UGX", "XAF", "XOF"]);
}

#[test]
fn currencies_are_listed_once() {
    let codes: Vec<_> = places()
        .currencies()
        .into_iter()
        .map(|currency| &currency.code)
        .collect();
    assert!(codes.is_sorted() && codes.len() == codes.iter().collect::<HashSet<_>>().len());
    assert_eq!(codes.iter().filter(|code| **code == "XOF").count(), 1);
}

#[test]
fn a_country_is_found_by_code_and_by_name_in_any_spelling() {
    let spellings = [
        "CI",
        "civ",
        "384",
        "Côte d'Ivoire",
        "COTE D IVOIRE",
        "côte d’ivoire",
        "Ivory Coast",
        "RCI",
    ];
    for spelling in spellings {
        assert_eq!(
            places().country(spelling).map(|c| c.alpha2.as_str()),
            Some("CI"),
            "{spelling}"
        );
    }
    for (name, code) in [
        ("Gambia", "GM"),
        ("Sénégal", "SN"),
        ("Guinée-Bissau", "GW"),
        ("Moçambique", "MZ"),
        ("مصر", "EG"),
    ] {
        assert_eq!(
            places().country(name).map(|c| c.alpha2.as_str()),
            Some(code),
            "{name}"
        );
    }
    for unknown in ["", " ", "XX", "France", "\0", &"S".repeat(10_000)] {
        assert!(places().country(unknown).is_none(), "{unknown:.20}");
    }
}

#[test]
fn no_spelling_belongs_to_two_countries() {
    for country in places().countries() {
        for name in [
            &country.alpha2,
            &country.alpha3,
            &country.numeric,
            &country.english,
            &country.french,
        ] {
            assert_eq!(places().country(name), Some(country), "{name}");
        }
    }
}

#[test]
fn regions_of_eight_countries_have_codes_and_are_found_in_any_spelling() {
    let counts =
        ["SN", "ML", "GN", "GM", "MR", "BF", "NE", "CI"].map(|country| places().regions(country).count());
    assert_eq!(counts, [14, 20, 8, 7, 15, 17, 8, 33]);
    let code = |country, name| places().region(country, name).map(|region| region.code.as_str());
    assert_eq!(code("SN", "dakar"), Some("DKR"));
    assert_eq!(code("sn", "dkr"), Some("DKR"));
    assert_eq!(code("SN", "THIES"), Some("THS"));
    assert_eq!(code("SN", "saint louis"), Some("STL"));
    assert_eq!(code("GN", "Nzerekore"), Some("NZR"));
    assert_eq!(code("BF", "Hauts-Bassins"), Some("GRK"));
    assert_eq!((code("SN", "KDG"), code("BF", "KDG")), (Some("KDG"), Some("KDG")));
    assert_eq!(code("ML", "Dakar"), None);
    assert_eq!(code("FR", "DKR"), None);
}

#[test]
fn a_file_adds_and_corrects_regions() {
    let file = "[GH]\nASH = [\"Ashanti\"]\n[SN]\nDKR = [\"Dakar\", \"Ville de Dakar\"]";
    let own = places().with_regions(file).unwrap();
    assert_eq!(own.region("GH", "ashanti").unwrap().code, "ASH");
    assert_eq!(own.region("SN", "ville de dakar").unwrap().code, "DKR");
    assert!(
        own.region("SN", "Ndakaaru").is_none(),
        "the file's spellings replace the known ones"
    );
    assert_eq!(own.regions("SN").count(), places().regions("SN").count());
    assert!(
        places().region("GH", "ASH").is_none(),
        "the directory that is compiled in stays as it is"
    );
}

#[test]
fn a_faulty_file_is_refused_with_what_to_change() {
    let refused = |file: &str| places().with_regions(file).unwrap_err().to_string();
    assert!(refused("[SN").contains("line 1"));
    assert!(refused("[SN]\nDKR = 3").contains("cannot be read"));
    assert!(refused("[SN]\nDKR = [\"Dakar\"]\nDKR = [\"Dakar\"]").contains("duplicate key"));
    assert!(refused("[FR]\nIDF = [\"Île-de-France\"]").contains("[FR] is no country of Africa"));
    assert!(refused("[SN]\nDK1 = [\"Dakar\"]").contains("DK1 in [SN] is not three capital letters"));
    assert!(refused("[SN]\nDKR = []").contains("DKR in [SN] has no name"));
    assert!(refused("[SN]\nABC = [\"Thies\"]").contains("belongs to THS already"));
}

#[test]
fn json_of_a_country_is_stable() {
    insta::assert_json_snapshot!(places().country("GM").unwrap(), @r#"
    {
      "alpha2": "GM",
      "alpha3": "GMB",
      "numeric": "270",
      "subregion": "west",
      "english": "The Gambia",
      "french": "Gambie",
      "currency": {
        "code": "GMD",
        "minor_units": 2,
        "subunits": 100,
        "english": "Gambian dalasi",
        "french": "dalasi gambien"
      },
      "calling_code": "220",
      "phone_digits": 7,
      "languages": [
        {
          "code": "en",
          "english": "English",
          "french": "anglais"
        },
        {
          "code": "mnk",
          "english": "Mandinka",
          "french": "mandinka"
        },
        {
          "code": "ff",
          "english": "Fula (Pulaar, Pular, Fulfulde)",
          "french": "peul (pulaar, poular, fulfulde)"
        },
        {
          "code": "wo",
          "english": "Wolof",
          "french": "wolof"
        }
      ]
    }
    "#);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = places().country(&text);
        let _ = places().region("SN", &text);
        let _ = places().with_regions(&text);
    }
}
