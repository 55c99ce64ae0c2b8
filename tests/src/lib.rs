//! What the tests of the whole share: racks to run the real binary against.
