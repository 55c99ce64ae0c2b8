//! HTTP.

mod limits;
mod ranges;
mod revocation;
mod sharing;
mod whole;
