//! The catalogue of faults: for each kind its class, its phases, what it means and what the operator does.
//! `fotarig faults` and `docs/faults.md` are printed from it.

use crate::FaultClass::{self, Fixture, Module, Network, Package, Rig, Transient};
use crate::Phase::{self, Cleanup, Deliver, Identify, Preflight, Reboot, Trigger, Update, Verify};

macro_rules! catalogue {
    ($($variant:ident $name:literal $class:ident [$($phase:ident)*] $meaning:literal => $action:literal;)*) => {
        /// What went wrong; with the phase it makes a [`crate::FaultCode`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum What { $(#[doc = $meaning] $variant,)* }

        impl What {
            /// Every kind of fault.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The last part of the code.
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name,)* } }

            /// Where its cause lies.
            pub const fn class(self) -> FaultClass { match self { $(Self::$variant => $class,)* } }

            /// The phases it can occur in.
            pub const fn phases(self) -> &'static [Phase] { match self { $(Self::$variant => &[$($phase,)*],)* } }

            /// What it means, in a sentence.
            pub const fn meaning(self) -> &'static str { match self { $(Self::$variant => $meaning,)* } }

            /// What the operator does about it, in a sentence.
            pub const fn action(self) -> &'static str { match self { $(Self::$variant => $action,)* } }
        }
    };
}

catalogue! {
    Silent "SILENT" Transient [Identify Preflight Deliver Cleanup]
        "the module did not answer in time"
        => "check power and cable; if it stays silent in another slot, set it aside";
    Error "ERROR" Transient [Preflight Deliver Cleanup]
        "the module answered a command with an error"
        => "re-test once; if it repeats, hand the transcript to the line engineer";
    Lost "LOST" Transient [Identify Preflight Deliver Cleanup]
        "the port vanished while it was being used"
        => "check the cable and the hub's power";
    Flood "FLOOD" Fixture [Identify Preflight Deliver Cleanup]
        "bytes without end and without sense came from the port"
        => "check the baud rate and the wiring of the slot";
    Port "PORT" Fixture [Identify]
        "the port could not be opened"
        => "the message names the cause: permission, another program, not a serial port";
    Foreign "FOREIGN" Module [Identify]
        "the model belongs to none of the families"
        => "take it out: this rack has no procedure for it";
    Imei "IMEI" Module [Identify]
        "the IMEI is missing or not valid"
        => "set the module aside: without an IMEI its update cannot be proved";
    Revision "REVISION" Module [Identify]
        "no settled firmware revision was given"
        => "power-cycle it and test again; if it repeats, set it aside";
    Held "HELD" Module [Identify]
        "an earlier trigger on this IMEI is unresolved"
        => "leave it plugged in until it resolves, or examine it and release it";
    Twin "TWIN" Module [Identify]
        "another slot holds a module with the same IMEI"
        => "take both out and read their labels";
    Retest "RETEST" Module [Identify]
        "this IMEI had as many runs towards this target as the batch allows"
        => "set the module aside for analysis";
    Label "LABEL" Fixture [Identify]
        "the module's IMEI is not the one that was scanned from its label"
        => "check whether the right module is in the slot, then scan its label again";
    Target "TARGET" Package [Preflight]
        "the batch names no target for this model"
        => "check that the module belongs to this batch";
    Route "ROUTE" Package [Preflight]
        "no chain of packages leads from the module's revision to the target"
        => "add a package from this revision to the batch";
    Delivery "DELIVERY" Package [Preflight]
        "none of the batch's ways of delivery works for this module here"
        => "the message names each way and why not; add one to [policy] delivery";
    Sim "SIM" Network [Preflight]
        "the SIM is not ready"
        => "check the SIM and its PIN";
    Signal "SIGNAL" Network [Preflight]
        "the signal is too weak or not known"
        => "check the antenna of the slot";
    Registration "REGISTRATION" Network [Preflight]
        "the module is not registered on a network"
        => "check SIM, antenna and coverage";
    Bearer "BEARER" Network [Preflight]
        "no data connection with an address came up"
        => "check the APN in [network]";
    Unfinished "UNFINISHED" Module [Preflight]
        "an earlier update on the module is still going on or has left it in recovery"
        => "leave it powered; test it again when it has come to rest";
    Unsupported "UNSUPPORTED" Network [Preflight Deliver]
        "the module does not know a command that this way of delivery needs"
        => "it is tried by the next way of delivery; leave this one out for such modules";
    Stalled "STALLED" Network [Deliver]
        "the download made no progress"
        => "check the network and that the modules can reach the package host's public address";
    Network "NETWORK" Network [Deliver]
        "the module reported that its download failed in the network"
        => "check the network and that the modules can reach the package host's public address";
    Refused "REFUSED" Network [Deliver]
        "the package host's answer was an error to the module"
        => "check the public address and that nothing between changes the requests";
    Short "SHORT" Network [Deliver]
        "fewer or more bytes arrived than the package has"
        => "check the network; it is tried again";
    Login "LOGIN" Package [Deliver]
        "the server refused user or password"
        => "check the credentials of the package's url";
    Missing "MISSING" Package [Deliver Update]
        "the module did not find the package"
        => "check the url, or the file name of a preloaded package";
    Large "LARGE" Package [Deliver]
        "the package is too large for the module"
        => "ask the vendor for a smaller delta";
    Parameter "PARAMETER" Package [Deliver]
        "the module refused the address or size it was given"
        => "check the url and the package's size in the batch";
    Block "BLOCK" Transient [Deliver]
        "the module did not take a block of the package"
        => "check the cable; try a lower rate in [family]";
    Size "SIZE" Transient [Deliver]
        "the package lies on the module with another size than it should"
        => "it is deleted and sent again; if it repeats, check the cable";
    Checksum "CHECKSUM" Transient [Deliver]
        "the package lies on the module with other bytes than it should"
        => "it is deleted and sent again; if it repeats, lower the rate in [family]";
    Space "SPACE" Module [Deliver Update]
        "the module's file system has no room"
        => "clear the module's file system, then test again";
    Internal "INTERNAL" Module [Deliver]
        "the module reported an internal error of its download"
        => "power-cycle it and test again once";
    Rejected "REJECTED" Module [Trigger]
        "the module answered the trigger with an error: nothing was started"
        => "test again once; if it repeats, hand the transcript to the line engineer";
    Record "RECORD" Rig [Deliver Trigger]
        "the record could not be written, so nothing was sent"
        => "make room on the disk or mend the ledger's place: the batch then goes on by itself";
    Failed "FAILED" Module [Update]
        "the module reported that the update failed"
        => "set the module aside if its revision is still the old one after a re-test";
    Mismatch "MISMATCH" Package [Update]
        "the module says that the package does not match its firmware"
        => "check from-revision and model of the package with the vendor";
    Check "CHECK" Package [Update]
        "the module says that the package is damaged or not one"
        => "check the file with the vendor";
    NotStarted "NOT-STARTED" Transient [Update]
        "the update never showed a sign of life, and the module runs its old revision"
        => "it is tried again";
    Unresolved "UNRESOLVED" Module [Update Reboot Verify]
        "the deadline passed without proof of success or of failure"
        => "leave the module powered; it resolves when it is seen again, or release it by hand";
    Away "AWAY" Module [Reboot]
        "the module left the bus and did not come back in time"
        => "leave it powered; then take it out and put it in again";
    Swapped "SWAPPED" Fixture [Identify Preflight Deliver Trigger Update Reboot Verify]
        "another module is in the slot than the one that was triggered"
        => "put the first module in again, in any slot";
    Edl "EDL" Module [Identify Reboot]
        "the module came back in emergency download mode"
        => "do not touch it: set it aside, it needs the vendor's recovery tool";
    Rev "REV" Module [Verify]
        "the module came back with another revision than the target"
        => "re-test once in another slot; if it fails again, set aside";
    ImeiLost "IMEI-LOST" Module [Identify Verify]
        "the module came back without a valid IMEI"
        => "set it aside: the update has damaged its identity";
    Model "MODEL" Module [Verify]
        "the module came back as another model"
        => "set it aside";
    Interrupted "INTERRUPTED" Rig [Identify Preflight Deliver Trigger Update Reboot Verify Cleanup]
        "the run was stopped"
        => "start the run again: it goes on from what is recorded";
    Panic "PANIC" Rig [Identify Preflight Deliver Trigger Update Reboot Verify Cleanup]
        "a defect of fotarig itself stopped this slot"
        => "report it with the events file; the other slots are not affected";
}
