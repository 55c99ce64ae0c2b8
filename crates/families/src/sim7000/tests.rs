use at::Line;
use events::{Phase, What};
use procedure::{Judgement, Sign};

use super::has_address;
use crate::simcom::signs;
use crate::simcom_deliver::{file_size, http_downloaded as downloaded};

#[test]
fn c11_address_in_two_or_three_fields() {
    assert!(has_address(&Line::parse("+CNACT: 0,1,\"10.94.36.44\"")));
    assert!(has_address(&Line::parse("+CNACT: 1,\"10.94.36.44\"")));
    assert!(!has_address(&Line::parse("+CNACT: 0,\"0.0.0.0\"")));
}

#[test]
fn c14_the_read_form_of_httptofs_is_not_its_result() {
    let judge = downloaded(109_285);
    let says = |text: &str| judge.test(&Line::parse(text));
    assert_eq!(says("+HTTPTOFS: 200,109285"), Some(Judgement::Good));
    assert_eq!(says("+HTTPTOFS: 1,\"http://a/b\",\"/fota/update.zip\""), None);
    assert_eq!(says("+HTTPTOFSRL: 1,4096,0"), Some(Judgement::Progress(4096, 109_285)));
    assert!(matches!(says("+HTTPTOFS: 200,100"), Some(Judgement::Bad(What::Short, _))));
    assert!(matches!(says("+HTTPTOFS: 603,0"), Some(Judgement::Bad(What::Network, _))));
}

#[test]
fn c18_status_with_and_without_a_space() {
    assert_eq!(signs(&Line::parse("+CFOTA:6")), Some(Sign::Success));
    assert_eq!(signs(&Line::parse("+CFOTA: 6")), Some(Sign::Success));
    assert_eq!(signs(&Line::parse("+CFOTA: 4")), Some(Sign::Alive(Phase::Update)));
    assert_eq!(signs(&Line::parse("+CFOTA: 8")), None);
    assert!(matches!(signs(&Line::parse("+CFOTA: 7")), Some(Sign::Terminal(_))));
}

#[test]
fn the_urcs_of_5_3() {
    assert_eq!(signs(&Line::parse("+CFOTA: \"Start to update\"")), Some(Sign::Alive(Phase::Update)));
    assert_eq!(signs(&Line::parse("+CFOTA: \"Updating\",42")), Some(Sign::Percent(42)));
    let done = "+CFOTA: \"Update successfully, please wait for reset\"";
    assert_eq!(signs(&Line::parse(done)), Some(Sign::Success));
    let failed = "+CFOTA: \"Update failed, please wait for reset\"";
    assert!(matches!(signs(&Line::parse(failed)), Some(Sign::Terminal(_))));
}

#[test]
fn size_of_the_file() {
    assert_eq!(file_size(&Line::parse("+CFSGFIS: 20000")), Some(20_000));
    assert_eq!(file_size(&Line::parse("+CFSGFIS: -1")), None);
}
