//! The machine: QEMU without KVM, one USB controller, hubs with eight ports each, a socket for every port.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::spawn;
use std::time::{Duration, Instant};

use crate::failed::{At, Failed, Outcome};
use crate::guest::Guest;
use crate::image::Image;

/// Ports of a hub.
pub(crate) const PORTS: usize = 8;
/// A boot takes some ten seconds; the machine that emulates it may be busy.
const BOOT: Duration = Duration::from_secs(240);
/// What the guest says when its udevd has seen everything.
const READY: &str = "ready after ";
/// The port of the guest's package host.
pub(crate) const HTTP: u16 = 8000;

/// A machine that runs; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Machine {
    child: Child,
    folder: PathBuf,
    hubs: usize,
    /// The way into it.
    pub(crate) guest: Guest,
    /// The port of this host that leads to the guest's package host.
    pub(crate) http_port: u16,
    /// What the guest said of its boot, and how long this host waited for it.
    pub(crate) boot: (String, Duration),
}

impl Machine {
    /// Boots `image` with `hubs` hubs. Its files are in `folder`; what is in `folder/host` is the guest's `/host`.
    pub(crate) fn boot(image: &Image, folder: &Path, hubs: usize) -> Outcome<Self> {
        let (port, http_port) = (free_port()?, free_port()?);
        let mut command = Command::new("qemu-system-x86_64");
        processor(&mut command, image);
        devices(&mut command, folder, (port, http_port));
        bus(&mut command, folder, hubs);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(fs::File::create(folder.join("qemu.log")).at("qemu.log")?);
        let began = Instant::now();
        let mut child = command.spawn().at("qemu-system-x86_64 (apt-get install qemu-system-x86)")?;
        let told = await_boot(&mut child, folder);
        let mut machine = Self {
            child,
            folder: folder.to_owned(),
            hubs,
            guest: Guest { port },
            http_port,
            boot: (String::new(), Duration::ZERO),
        };
        machine.boot = (told?, began.elapsed());
        machine.guest.run("true")?;
        Ok(machine)
    }

    /// The kernel's port paths of all ports: `1-1.1` to `1-1.8`, `1-2.1` and on.
    pub(crate) fn port_paths(&self) -> Vec<String> {
        ports(self.hubs).map(|path| format!("1-{path}")).collect()
    }

    /// The socket of the port with this path.
    pub(crate) fn socket(&self, port_path: &str) -> PathBuf {
        self.folder.join(format!("{}.sock", port_path.trim_start_matches("1-")))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Everything is in its memory: there is nothing to save.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// `1.1` to `<hubs>.8`.
fn ports(hubs: usize) -> impl Iterator<Item = String> {
    (1..=hubs).flat_map(|hub| (1..=PORTS).map(move |port| format!("{hub}.{port}")))
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).at("a free port")?;
    Ok(listener.local_addr().at("a free port")?.port())
}

/// A hub that has gone to sleep may miss what is plugged into it: QEMU does not wake it. So none goes to sleep.
fn processor(command: &mut Command, image: &Image) {
    command.args(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "pc"]);
    command.args(["-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max", "-smp", "2", "-m", "1024"]);
    command.arg("-kernel").arg(image.kernel()).arg("-initrd").arg(image.system()).args([
        "-append",
        "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off nokaslr random.trust_cpu=on rdinit=/init \
         net.ifnames=0 usbcore.autosuspend=-1 clocksource=tsc tsc=reliable no_timer_check",
    ]);
    command.args(["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]);
}

fn devices(command: &mut Command, folder: &Path, (port, http_port): (u16, u16)) {
    command.arg("-netdev").arg(format!(
        "user,id=net,hostfwd=tcp:127.0.0.1:{port}-10.0.2.15:7000,hostfwd=tcp:127.0.0.1:{http_port}-10.0.2.15:{HTTP}"
    ));
    command.args(["-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"]);
    let share = folder.join("host").display().to_string();
    command.arg("-virtfs").arg(format!("local,path={share},mount_tag=host,security_model=none,id=host"));
}

fn bus(command: &mut Command, folder: &Path, hubs: usize) {
    command.args(["-device", "qemu-xhci,id=usb,addr=0x10,p2=15,p3=1"]);
    for hub in 1..=hubs {
        command.arg("-device").arg(format!("usb-hub,id=hub{hub},bus=usb.0,port={hub},ports={PORTS}"));
    }
    for path in ports(hubs) {
        let id = format!("port{}", path.replace('.', "-"));
        let socket = folder.join(format!("{path}.sock"));
        let socket = format!("socket,id={id},path={},server=on,wait=off", socket.display());
        command.arg("-chardev").arg(socket);
        command.arg("-device").arg(format!("usb-redir,chardev={id},bus=usb.0,port={path}"));
    }
}

/// Reads the console until the guest is ready; what it said of its boot. The console is kept in `console.log`.
fn await_boot(child: &mut Child, folder: &Path) -> Outcome<String> {
    let console = child.stdout.take().ok_or_else(|| Failed("QEMU has no console".to_owned()))?;
    let mut log = fs::File::create(folder.join("console.log")).at("console.log")?;
    let (sender, lines) = channel();
    spawn(move || {
        for line in BufReader::new(console).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            // Whether the log can be written or anybody waits: the console is read on, or the guest would stop.
            let _written = std::io::Write::write_all(&mut log, format!("{line}\n").as_bytes());
            let _heard = sender.send(line);
        }
    });
    let until = Instant::now() + BOOT;
    loop {
        match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) if line.contains(READY) => return Ok(line.trim().to_owned()),
            Ok(_) => {}
            Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => {
                let log = fs::read_to_string(folder.join("qemu.log")).unwrap_or_default();
                return Err(Failed(format!("no boot; the console is in {}; {log}", folder.display())));
            }
        }
    }
}
