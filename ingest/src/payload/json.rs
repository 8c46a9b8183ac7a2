//! What the formats in JSON share: the keys of an object become measurements, nested ones joined
//! with a dot. Numbers stay, true and false become 1 and 0, a text that is a number counts as one.

use model::time::Timestamp;
use serde_json::{Map, Value as Json};

use super::Refusal;
use super::senml::{Measurement, NAME_BYTES_MAX, RECORDS_MAX, Value};
use crate::reason::DeadReason;

/// What stands between the levels of a nested key.
const SEPARATOR: char = '.';

/// Reads JSON; what is none is refused with the format's own reason.
pub(super) fn parse(payload: &[u8], reason: DeadReason) -> Result<Json, Refusal> {
    serde_json::from_slice(payload).map_err(|error| Refusal {
        reason,
        detail: format!("no JSON: {error}"),
    })
}

/// Gathers measurements of one message, within the bounds of a pack.
#[derive(Debug)]
pub(super) struct Gathered {
    reason: DeadReason,
    room: usize,
}

impl Gathered {
    /// Nothing yet; what breaks a bound is refused with `reason`.
    pub(super) const fn new(reason: DeadReason) -> Self {
        Self {
            reason,
            room: RECORDS_MAX,
        }
    }

    /// Adds the keys of an object, measured at `time`, to `into`. Nothing is said by null.
    pub(super) fn add(
        &mut self,
        object: &Map<String, Json>,
        time: Timestamp,
        into: &mut Vec<Measurement>,
    ) -> Result<(), Refusal> {
        for (key, value) in object {
            self.add_value(key.clone(), value, time, into)?;
        }
        Ok(())
    }

    // As deep as the parser lets JSON be: 128 levels.
    fn add_value(
        &mut self,
        key: String,
        value: &Json,
        time: Timestamp,
        into: &mut Vec<Measurement>,
    ) -> Result<(), Refusal> {
        let value = match value {
            Json::Null => return Ok(()),
            Json::Object(inner) => {
                for (name, value) in inner {
                    self.add_value(format!("{key}{SEPARATOR}{name}"), value, time, into)?;
                }
                return Ok(());
            }
            Json::Array(inner) => {
                for (place, value) in inner.iter().enumerate() {
                    self.add_value(format!("{key}{SEPARATOR}{place}"), value, time, into)?;
                }
                return Ok(());
            }
            Json::Bool(flag) => Value::Number(f64::from(u8::from(*flag))),
            Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => text
                .trim()
                .parse()
                .map_or_else(|_| Value::Text(text.clone()), Value::Number),
        };
        if key.len() > NAME_BYTES_MAX {
            return Err(self.refuse(format!("a key has more than {NAME_BYTES_MAX} bytes")));
        }
        let left = self.room.checked_sub(1);
        self.room =
            left.ok_or_else(|| self.refuse(format!("there are more than {RECORDS_MAX} values")))?;
        into.push(Measurement::foreign(key, &[SEPARATOR], value, time));
        Ok(())
    }

    fn refuse(&self, detail: String) -> Refusal {
        Refusal {
            reason: self.reason,
            detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn gather(json: &Json) -> Result<Vec<(String, Option<Value>)>, Refusal> {
        let mut into = Vec::new();
        let object = json.as_object().expect("an object");
        Gathered::new(DeadReason::NotTasmota).add(object, NOW, &mut into)?;
        Ok(into.into_iter().map(|m| (m.name, m.value)).collect())
    }

    #[test]
    fn nested_keys_are_joined_and_what_is_like_a_number_is_one() {
        let json = json!({"a": {"b": 1.5, "c": [true, null, "x"]}, "d": " -2e1 "});
        let number = |n| Some(Value::Number(n));
        assert_eq!(
            gather(&json),
            Ok(vec![
                ("a.b".into(), number(1.5)),
                ("a.c.0".into(), number(1.0)),
                ("a.c.2".into(), Some(Value::Text("x".into()))),
                ("d".into(), number(-20.0)),
            ])
        );
    }

    #[test]
    fn a_message_has_as_many_values_and_as_long_keys_as_a_pack() {
        let values = |n: usize| json!({ "a": vec![1; n] });
        assert_eq!(
            gather(&values(RECORDS_MAX)).map(|all| all.len()),
            Ok(RECORDS_MAX)
        );
        let refused = gather(&values(RECORDS_MAX + 1)).expect_err("one too many");
        assert!(refused.detail.contains("4096"), "{refused}");
        let long = "k".repeat(NAME_BYTES_MAX);
        assert!(gather(&json!({ &long: 1 })).is_ok());
        assert!(gather(&json!({ format!("{long}k"): 1 })).is_err());
    }
}
