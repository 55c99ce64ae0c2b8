//! Whatever lies in a package: a header and its payload, or an error; never a panic, and a header that was read is
//! read again from what is built of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sim::package::{Header, SMALLEST, build};

fuzz_target!(|bytes: &[u8]| {
    let Ok((header, payload)) = Header::read(bytes) else { return };
    assert!(bytes.ends_with(payload));
    let _whether = header.fits(payload);
    // A line of JSON is at most six times as long as its text; beyond that `read` does not look.
    if header.model.len() + header.from.len() + header.to.len() < 512 {
        let file = build(&header, SMALLEST, 1);
        let (again, payload) = Header::read(&file).expect("what was built can be read");
        assert!(again.fits(payload));
        assert_eq!(
            (again.family, again.model, again.from, again.to),
            (header.family, header.model, header.from, header.to)
        );
    }
});
