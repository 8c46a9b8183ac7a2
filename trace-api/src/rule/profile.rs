//! What a profile may say: names and ranges of channels, keys that other devices use, registers.

use std::collections::BTreeSet;

use model::register::{Form, READ_FUNCTIONS};
use model::unit::CHANNEL_NAME_CHARS_MAX;
use store::probe::CHANNELS_MAX;
use store::profile::ProfileChannel;

use super::plausible;
use crate::problem::{Answer, Problem};

/// Longest interval between two reports: a day.
const INTERVAL_SECONDS_MAX: i32 = 86_400;
/// Most characters of a unit.
const UNIT_CHARS_MAX: usize = 20;
/// Most keys of one channel.
const KEYS_MAX: usize = 16;
/// Most characters of a key.
const KEY_CHARS_MAX: usize = 128;

/// Checks the interval between two reports.
pub(crate) fn interval(seconds: i32) -> Answer<()> {
    if (1..=INTERVAL_SECONDS_MAX).contains(&seconds) {
        return Ok(());
    }
    let en = format!("1 to {INTERVAL_SECONDS_MAX} seconds");
    Err(Problem::invalid(
        "interval_seconds",
        en,
        "采样间隔须为 1 秒至 1 天",
    ))
}

/// Checks the channels of a profile.
pub(crate) fn channels(channels: &[ProfileChannel]) -> Answer<()> {
    if !(1..=CHANNELS_MAX).contains(&channels.len()) {
        let en = format!("1 to {CHANNELS_MAX} channels");
        return Err(Problem::invalid("channels", en, "通道数须为 1 至 64"));
    }
    let mut names = BTreeSet::new();
    for one in channels {
        channel(one)?;
        if !names.insert(one.channel.name.as_str()) {
            return Err(refuse("two have one name", "通道名重复"));
        }
    }
    let mut keys = BTreeSet::new();
    for one in channels {
        for key in &one.keys {
            let is_others = names.contains(key.as_str()) && *key != one.channel.name;
            if is_others || !keys.insert(key) {
                return Err(refuse(format!("the key {key} stands for two"), "键名重复"));
            }
        }
    }
    Ok(())
}

fn channel(one: &ProfileChannel) -> Answer<()> {
    let channel = &one.channel;
    plausible::text("channels", &channel.name, CHANNEL_NAME_CHARS_MAX)?;
    let unit = &channel.unit;
    if unit.chars().count() > UNIT_CHARS_MAX || unit.chars().any(char::is_control) {
        return Err(refuse("a unit is too long", "单位过长"));
    }
    let ordered = channel.valid_min < channel.valid_max;
    if !(ordered && channel.valid_min.is_finite() && channel.valid_max.is_finite()) {
        return Err(refuse(
            "valid_min must be below valid_max",
            "有效范围须由小到大",
        ));
    }
    if one.keys.len() > KEYS_MAX {
        return Err(refuse(format!("at most {KEYS_MAX} keys"), "键名过多"));
    }
    for key in &one.keys {
        plausible::text("channels", key, KEY_CHARS_MAX)?;
    }
    let Some(register) = &one.register else {
        return Ok(());
    };
    let end = usize::from(register.address) + register.form.words();
    if !READ_FUNCTIONS.contains(&register.function) || end > usize::from(u16::MAX) + 1 {
        let en = "a register is read with function 3 or 4 and lies within 65536 registers";
        return Err(refuse(en, "寄存器须以功能码 3 或 4 读取"));
    }
    if !(register.scale.is_finite() && register.scale != 0.0 && register.offset.is_finite()) {
        return Err(refuse(
            "scale and offset are finite, scale is not 0",
            "系数须为非零有限数",
        ));
    }
    Ok(())
}

/// The form of a register by its word.
pub(crate) fn form(word: &str) -> Answer<Form> {
    Form::from_code(word).ok_or_else(|| {
        let words: Vec<_> = Form::ALL.iter().map(|form| form.code()).collect();
        let known = words.join(", ");
        refuse(
            format!("a form is one of {known}"),
            format!("格式须为 {known}"),
        )
    })
}

fn refuse(
    en: impl Into<std::borrow::Cow<'static, str>>,
    zh: impl Into<std::borrow::Cow<'static, str>>,
) -> Problem {
    Problem::invalid("channels", en, zh)
}

#[cfg(test)]
mod tests {
    use model::register::Register;
    use model::unit::Quantity;
    use store::probe::Channel;

    use super::*;

    fn good() -> ProfileChannel {
        ProfileChannel {
            channel: Channel {
                index: 0,
                name: "soil-moisture".to_owned(),
                quantity: Quantity::SoilMoisture,
                unit: "%".to_owned(),
                depth_cm: None,
                valid_min: 0.0,
                valid_max: 100.0,
            },
            keys: vec!["soil.moisture".to_owned()],
            register: Some(Register {
                function: 3,
                address: u16::MAX - 1,
                form: Form::Unsigned32,
                low_word_first: false,
                scale: 0.1,
                offset: 0.0,
            }),
        }
    }

    fn told(list: &[ProfileChannel]) -> String {
        let problem = channels(list).err();
        problem
            .and_then(|problem| problem.detail)
            .unwrap_or_default()
            .into_owned()
    }

    fn changed(change: impl FnOnce(&mut ProfileChannel)) -> String {
        let mut one = good();
        change(&mut one);
        told(&[one])
    }

    #[test]
    fn a_profile_at_its_bounds_is_taken() {
        assert_eq!(told(&[good()]), "");
        assert_eq!(changed(|c| c.keys = vec!["k".repeat(KEY_CHARS_MAX)]), "");
        assert_eq!(
            changed(|c| c.keys.push("soil-moisture".to_owned())),
            "",
            "its own name"
        );
        assert!(interval(1).is_ok() && interval(INTERVAL_SECONDS_MAX).is_ok());
    }

    #[test]
    fn one_step_beyond_a_bound_is_refused_with_its_reason() {
        assert!(interval(0).is_err() && interval(INTERVAL_SECONDS_MAX + 1).is_err());
        assert!(told(&[]).contains("1 to 64"));
        assert!(told(&vec![good(); 65]).contains("1 to 64"));
        assert!(told(&[good(), good()]).contains("one name"));
        assert!(changed(|c| c.channel.unit = "u".repeat(21)).contains("unit"));
        assert!(changed(|c| c.channel.valid_max = 0.0).contains("valid_min"));
        assert!(changed(|c| c.channel.valid_max = f32::INFINITY).contains("valid_min"));
        assert!(changed(|c| c.keys = vec!["k".repeat(KEY_CHARS_MAX + 1)]).contains("128"));
        let many = (0..=KEYS_MAX).map(|n| n.to_string()).collect();
        assert!(changed(|c| c.keys = many).contains("16 keys"));
        assert!(changed(|c| c.keys = vec!["a".to_owned(), "a".to_owned()]).contains("two"));
    }

    #[test]
    fn a_key_is_not_another_channels_name() {
        let mut other = good();
        other.channel.name = "other".to_owned();
        other.keys = vec!["soil-moisture".to_owned()];
        assert!(told(&[good(), other]).contains("stands for two"));
    }

    #[test]
    fn a_register_that_cannot_be_read_is_refused() {
        let register =
            |change: fn(&mut Register)| changed(|c| c.register.iter_mut().for_each(change));
        assert!(register(|r| r.function = 6).contains("function 3 or 4"));
        assert!(register(|r| r.address = u16::MAX).contains("65536"));
        assert!(register(|r| r.scale = 0.0).contains("scale"));
        assert!(register(|r| r.offset = f64::NAN).contains("scale"));
        assert!(form("u8").is_err() && form("u16").is_ok());
    }
}
