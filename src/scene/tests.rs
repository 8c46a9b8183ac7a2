//! Pictures are the same for the same scene, differ by place, hour and season, say when they were
//! taken, and pass the check that real ones pass.

use ingest::snapshot::check;
use model::time::Timestamp;

use super::*;

const SUBJECTS: [Subject; 7] = [
    Subject::Tea,
    Subject::Kiwi,
    Subject::Citrus,
    Subject::Paddy,
    Subject::Radish,
    Subject::Hens,
    Subject::Smoke,
];

fn noon(subject: Subject) -> Scene<'static> {
    Scene {
        subject,
        site: 7,
        at_s: 1_781_064_000,
        sun: 0.9,
        summer: 0.8,
        cloud: 0.3,
        rain_mm: 0.0,
        camera: "demo-gw / demo-cam",
    }
}

#[test]
fn every_subject_makes_a_picture_that_ingest_takes() -> anyhow::Result<()> {
    let mut painter = Painter::new()?;
    for subject in SUBJECTS {
        let jpeg = painter.jpeg(&noon(subject))?;
        let checked = check(&jpeg)?;
        assert_eq!((checked.width, checked.height), (640, 360));
        let taken = Timestamp::from_seconds(1_781_064_000);
        assert_eq!(checked.exif, Some(taken), "{subject:?}");
        assert!(
            (10_000..200_000).contains(&jpeg.len()),
            "{subject:?}: {} bytes",
            jpeg.len()
        );
    }
    Ok(())
}

#[test]
fn the_same_scene_is_the_same_picture_and_another_one_is_not() -> anyhow::Result<()> {
    let mut painter = Painter::new()?;
    let scene = noon(Subject::Tea);
    let first = painter.jpeg(&scene)?;
    assert_eq!(Painter::new()?.jpeg(&scene)?, first);
    let others = [
        Scene { site: 8, ..scene },
        Scene { sun: -0.5, ..scene },
        Scene {
            summer: 0.1,
            ..scene
        },
        Scene {
            cloud: 1.0,
            rain_mm: 3.0,
            ..scene
        },
        Scene {
            at_s: scene.at_s + 86_400,
            ..scene
        },
        Scene {
            camera: "demo-gw / cam-02",
            ..scene
        },
        Scene {
            subject: Subject::Paddy,
            ..scene
        },
    ];
    for other in others {
        assert_ne!(painter.jpeg(&other)?, first, "{other:?}");
    }
    Ok(())
}
