//! Printers on TCP, as a file, and behind IPP: what they take, what they draw, and how they fail.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;

use super::*;
use crate::mock::{Behaviour, MockPrinter};
use crate::{Adjust, CodeLink, Dpi, Field, Label, Press, SIZES};

type Outcome = Result<(), Box<dyn Error>>;

const HASTE: Patience = Patience {
    connect: Duration::from_secs(5),
    write: Duration::from_secs(5),
    first_answer: Duration::from_millis(200),
};

fn label(number: u32) -> Result<Label, Box<dyn Error>> {
    let link = CodeLink::parse(&format!("https://a.cn/01/06901234567892/10/A/21/{number}"))?;
    Ok(Label::new(link).with(Field::Product, "永顺莓茶"))
}

/// Sends labels until one fails.
fn print(
    printer: &MockPrinter,
    format: Format,
    count: u32,
) -> Result<(u32, Option<DeviceError>), Box<dyn Error>> {
    let mut press = Press::new()?;
    let mut device = match Device::open(&printer.address().parse()?, format, HASTE) {
        Ok(device) => device,
        Err(error) => return Ok((0, Some(error))),
    };
    for number in 1..=count {
        let sheet = press.compose(&label(number)?, SIZES[0], Dpi::D203)?;
        let bytes = press.write_for(&sheet, format, &Adjust::default())?;
        if let Err(error) = device.send(&bytes) {
            return Ok((device.taken(), Some(error)));
        }
    }
    device.finish()?;
    Ok((device.taken(), None))
}

#[test]
fn each_language_is_drawn_dot_by_dot_by_a_printer() -> Outcome {
    let mut press = Press::new()?;
    for format in [Format::Tspl, Format::Zpl, Format::EscPos] {
        let printer = MockPrinter::start(Behaviour::good(format))?;
        let (taken, error) = print(&printer, format, 3)?;
        assert!(error.is_none(), "{error:?} {:?}", printer.complaints());
        assert_eq!((taken, printer.count()), (3, 3));
        for (number, drawn) in (1..).zip(printer.labels()) {
            let sheet = press.compose(&label(number)?, SIZES[0], Dpi::D203)?;
            assert!(drawn == *sheet.bitmap(), "{format} {number}");
        }
    }
    Ok(())
}

#[test]
fn a_printer_that_answers_nothing_is_asked_once() -> Outcome {
    let behaviour = Behaviour {
        answers: false,
        ..Behaviour::good(Format::Tspl)
    };
    let printer = MockPrinter::start(behaviour)?;
    let (taken, error) = print(&printer, Format::Tspl, 5)?;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(taken, 5);
    Ok(())
}

#[test]
fn a_printer_that_closes_mid_job_leaves_the_right_count() -> Outcome {
    let behaviour = Behaviour {
        closes_after: Some(2),
        ..Behaviour::good(Format::Zpl)
    };
    let printer = MockPrinter::start(behaviour)?;
    let (taken, error) = print(&printer, Format::Zpl, 5)?;
    assert!(
        matches!(error, Some(DeviceError::Broke { .. })),
        "{error:?}"
    );
    assert_eq!((taken, printer.count()), (2, 2));
    Ok(())
}

#[test]
fn a_printer_without_paper_says_so_and_goes_on_when_it_is_mended() -> Outcome {
    for format in [Format::Tspl, Format::Zpl, Format::EscPos] {
        let behaviour = Behaviour {
            runs_out_after: Some(2),
            ..Behaviour::good(format)
        };
        let printer = MockPrinter::start(behaviour)?;
        let (taken, error) = print(&printer, format, 5)?;
        let told = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(told.ends_with("stopped: out of labels"), "{told}");
        // The label after which the paper ran out is doubted: better twice than never.
        assert_eq!((taken, printer.count()), (1, 2));
        let (taken, error) = print(&printer, format, 1)?;
        assert!(taken == 0 && error.is_some());
        printer.mend();
        assert_eq!(print(&printer, format, 3)?.0, 3);
    }
    Ok(())
}

#[test]
fn a_device_file_must_exist_and_takes_the_bytes_as_they_are() -> Outcome {
    let path = std::env::temp_dir().join(format!("suyuan-device-{}", std::process::id()));
    let address: Address = format!("file://{}", path.display()).parse()?;
    let absent = Device::open(&address, Format::Tspl, HASTE);
    assert!(matches!(absent, Err(DeviceError::Open { .. })));
    std::fs::write(&path, "")?;
    let mut device = Device::open(&address, Format::Tspl, HASTE)?;
    device.send(b"one")?;
    device.send(b"two")?;
    let written = std::fs::read(&path);
    std::fs::remove_file(&path)?;
    assert_eq!(written?, b"onetwo");
    assert_eq!(device.taken(), 2);
    Ok(())
}

#[test]
fn nobody_listening_is_told_with_the_address() -> Outcome {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let address: Address = format!("tcp://{free}").parse()?;
    let error = Device::open(&address, Format::Tspl, HASTE)
        .err()
        .ok_or("it was there")?;
    assert_eq!(
        error.to_string(),
        format!("the printer tcp://{free} cannot be reached")
    );
    Ok(())
}

#[test]
fn addresses_are_read_as_people_write_them() -> Outcome {
    for (text, spelt) in [
        ("tcp://printer", "tcp://printer:9100"),
        ("tcp://10.0.0.7:9101/", "tcp://10.0.0.7:9101"),
        ("tcp://[::1]", "tcp://[::1]:9100"),
        ("tcp://[::1]:9100", "tcp://[::1]:9100"),
        ("file:///dev/usb/lp0", "file:///dev/usb/lp0"),
        (
            "ipp://cups:631/printers/labels",
            "ipp://cups:631/printers/labels",
        ),
    ] {
        assert_eq!(text.parse::<Address>()?.to_string(), spelt);
    }
    for text in [
        "",
        "printer",
        "tcp://",
        "tcp://a:b",
        "file://relative",
        "ipp://",
        "usb://x",
        "tcp://a b",
    ] {
        assert!(text.parse::<Address>().is_err(), "{text}");
    }
    Ok(())
}

/// A queue that answers one IPP request with this status; returns the request's body.
fn queue(status: u16) -> io::Result<(String, std::thread::JoinHandle<io::Result<Vec<u8>>>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("ipp://{}/printers/labels", listener.local_addr()?);
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept()?;
        let mut reader = BufReader::new(&stream);
        let mut body = Vec::new();
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or_default();
            }
            is_chunked |= line == "transfer-encoding: chunked";
            if line.is_empty() {
                break;
            }
        }
        if is_chunked {
            loop {
                let mut size = String::new();
                reader.read_line(&mut size)?;
                let size = usize::from_str_radix(size.trim(), 16).unwrap_or_default();
                let mut chunk = vec![0; size + 2];
                reader.read_exact(&mut chunk)?;
                body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break;
                }
            }
        } else {
            body.resize(length, 0);
            reader.read_exact(&mut body)?;
        }
        let mut answer = vec![1, 1];
        answer.extend(status.to_be_bytes());
        answer.extend([0, 0, 0, 1, 1]);
        answer.extend(b"\x47\0\x12attributes-charset\0\x05utf-8");
        answer.extend(b"\x48\0\x1battributes-natural-language\0\x02en\x03");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/ipp\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        (&stream).write_all(head.as_bytes())?;
        (&stream).write_all(&answer)?;
        Ok(body)
    });
    Ok((address, thread))
}

#[test]
fn an_ipp_queue_gets_labels_as_one_job() -> Outcome {
    let (address, thread) = queue(0)?;
    let mut device = Device::open(&address.parse()?, Format::Tspl, HASTE)?;
    device.send(b"first label;")?;
    device.send(b"second label")?;
    assert_eq!(device.taken(), 0, "they wait for the job");
    device.finish()?;
    assert_eq!(device.taken(), 2);
    let body = thread.join().map_err(|_| "the queue died")??;
    assert!(body.ends_with(b"first label;second label"));
    assert!(
        body.windows(24)
            .any(|part| part == b"application/octet-stream")
    );
    Ok(())
}

#[test]
fn a_job_that_a_queue_refuses_is_not_counted() -> Outcome {
    // server-error-not-accepting-jobs
    let (address, thread) = queue(0x0506)?;
    let mut device = Device::open(&address.parse()?, Format::Pdf, HASTE)?;
    let error = device.send(b"%PDF").err().ok_or("it was taken")?;
    assert!(matches!(error, DeviceError::Refused { .. }), "{error}");
    assert_eq!(device.taken(), 0);
    thread.join().map_err(|_| "the queue died")??;
    Ok(())
}
