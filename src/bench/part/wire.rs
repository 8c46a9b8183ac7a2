//! The few MQTT 3.1.1 packets that a load generator needs, as bytes: a client library would cost
//! more than what it measures.

/// A CONNECT with user name and password, clean session, no keep-alive.
pub fn connect(gateway: &str, key: &str) -> Vec<u8> {
    let mut body = Vec::new();
    put_text(&mut body, b"MQTT");
    body.extend([4, 0b1100_0010, 0, 0]);
    for text in [gateway, gateway, key] {
        put_text(&mut body, text.as_bytes());
    }
    packet(0x10, &body)
}

/// A SUBSCRIBE of one topic with `QoS` 0, packet id 1.
pub fn subscribe(topic: &str) -> Vec<u8> {
    let mut body = vec![0, 1];
    put_text(&mut body, topic.as_bytes());
    body.push(0);
    packet(0x82, &body)
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    put_length(&mut packet, body.len());
    packet.extend(body);
    packet
}

/// A remaining length: seven bits a byte, the lowest first.
pub fn put_length(out: &mut Vec<u8>, mut length: usize) {
    loop {
        let low = (length & 0x7f) as u8;
        length >>= 7;
        out.push(low | if length > 0 { 0x80 } else { 0 });
        if length == 0 {
            return;
        }
    }
}

/// A text with its length before it.
pub fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend((text.len() as u16).to_be_bytes());
    out.extend(text);
}

/// What a server says to a publisher.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'b> {
    /// CONNACK with its code.
    Welcome(u8),
    /// PUBACK.
    Acknowledged,
    /// Payload of a PUBLISH with `QoS` 0.
    Message(&'b [u8]),
    /// Anything else that may be passed over.
    Other,
}

/// The first whole packet of `bytes` and its length; `None` where it is not whole yet.
pub fn parse(bytes: &[u8]) -> Option<(Heard<'_>, usize)> {
    let mut length = 0;
    let mut at = 1;
    loop {
        let byte = *bytes.get(at)?;
        length |= usize::from(byte & 0x7f) << (7 * (at - 1));
        at += 1;
        if byte < 0x80 || at > 4 {
            break;
        }
    }
    let body = bytes.get(at..at + length)?;
    let heard = match bytes[0] >> 4 {
        2 => Heard::Welcome(body.get(1).copied().unwrap_or(u8::MAX)),
        4 => Heard::Acknowledged,
        3 => match body {
            [high, low, rest @ ..] => {
                let topic = usize::from(u16::from_be_bytes([*high, *low]));
                rest.get(topic..).map_or(Heard::Other, Heard::Message)
            }
            _ => Heard::Other,
        },
        _ => Heard::Other,
    };
    Some((heard, at + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_when_they_are_whole() {
        let bytes = [
            0x20, 2, 0, 0, 0x40, 2, 0, 9, 0x30, 5, 0, 1, b't', b'h', b'i', 0xd0, 0,
        ];
        let mut heard = Vec::new();
        let mut rest = &bytes[..];
        while let Some((packet, length)) = parse(rest) {
            heard.push(packet);
            rest = &rest[length..];
        }
        let expected = [
            Heard::Welcome(0),
            Heard::Acknowledged,
            Heard::Message(b"hi"),
            Heard::Other,
        ];
        assert_eq!(heard, expected);
        assert_eq!(parse(&bytes[..3]), None);
        assert_eq!(parse(&[0x30]), None);
    }

    #[test]
    fn long_packets_have_long_lengths() {
        for (length, expected) in [
            (127, &[0x7f][..]),
            (128, &[0x80, 1]),
            (16_384, &[0x80, 0x80, 1]),
        ] {
            let mut out = Vec::new();
            put_length(&mut out, length);
            assert_eq!(out, expected);
        }
    }
}
