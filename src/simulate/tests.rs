//! The scenes of a run, by its flags.

use super::*;
use clap::Parser;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn args(line: &str) -> Result<Args, clap::Error> {
    let words = std::iter::once("simulate").chain(line.split_whitespace());
    Line::try_parse_from(words).map(|line| line.args)
}

fn played(line: &str) -> anyhow::Result<Vec<(String, u64, usize)>> {
    let scenes = scenes(&args(line)?, 1)?;
    let row = |scene: Scene| {
        (
            scene.gateway.as_str().to_owned(),
            scene.distinct,
            scene.channels.len(),
        )
    };
    Ok(scenes.into_iter().map(row).collect())
}

#[test]
fn each_virtual_gateway_has_a_name_and_its_readings() {
    let expected = [("sim-0001".to_owned(), 5, 3), ("sim-0002".to_owned(), 5, 3)];
    assert_eq!(
        played("--gateways 2 --readings 5").expect("scenes"),
        expected
    );
}

#[test]
fn a_recording_plays_one_gateway_a_farm() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/ecoirrigate_excerpt.csv");
    let expected = [
        ("kolkata-farm-1".to_owned(), 1_248, 7),
        ("kolkata-farm-2".to_owned(), 1_248, 7),
    ];
    assert_eq!(
        played(&format!("--replay {file}")).expect("scenes"),
        expected
    );
    let one = format!("--replay {file} --gateway g --key k --probe p");
    let refused = played(&one).map_err(|error| error.to_string());
    let reason = "--gateway stands for one gateway, and there are 2 to play";
    assert_eq!(refused, Err(reason.to_owned()));
}

#[test]
fn a_gateway_that_exists_plays_under_its_own_name() {
    let line = "--readings 7 --gateway demo-gw --key k --probe demo-probe";
    assert_eq!(
        played(line).expect("scenes"),
        [("demo-gw".to_owned(), 7, 3)]
    );
}

#[test]
fn flags_that_need_others_say_so() {
    assert!(args("--register http://127.0.0.1:1 --account a").is_err());
    assert!(args("--gateway g --key k").is_err());
    assert!(args("--gateway a/b --key k --probe p").is_err());
}

#[tokio::test]
async fn without_anyone_to_sign_in_as_nothing_is_sent() {
    let args = args("--readings 1").expect("the flags are right");
    let scene = scenes(&args, 1).expect("scenes").remove(0);
    let error = credentials(&args, None, &scene).await.expect_err("nobody");
    assert!(error.to_string().starts_with("nobody to sign in as"));
}

#[test]
fn an_address_gives_host_and_port() {
    let read = |text| broker(text).ok();
    assert_eq!(
        read("mqtt://127.0.0.1:2883"),
        Some(("127.0.0.1".to_owned(), 2_883))
    );
    assert_eq!(
        read("mqtt://farm.example"),
        Some(("farm.example".to_owned(), 1_883))
    );
    assert_eq!(read("tcp://[::1]:9"), Some(("[::1]".to_owned(), 9)));
    assert_eq!(read("mqtts://farm.example"), None);
    assert_eq!(read("farm.example"), None);
}
