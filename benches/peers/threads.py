#!/usr/bin/env python3
"""The plain way to talk to many serial ports: a thread for each, blocking reads, time.sleep. Standard library only.

    threads.py download FOLDER SECONDS    asks each module once a second how its download goes, and reads what it says
    threads.py upload FOLDER              sends FOLDER/package.zip through every port, as fast as it goes
    threads.py paced-upload FOLDER RATE   the same at RATE bytes a second

FOLDER/ports holds the ports. What was measured is printed as one JSON object. It does what fotarig does with the bytes and
nothing else: no record on disk, no metrics, no events, no second try.
"""

import json
import os
import re
import resource
import select
import sys
import threading
import time
import tty

BLOCK = 10_000
PACED_BLOCK = 1024
URC = re.compile(rb"\+(\w+): ?(.*)")


class Module:
    """A module on its port: commands and answers, lines of its own accord in between."""

    def __init__(self, path):
        self.port = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.port)
        # select() knows no descriptor above 1023.
        self.poll = select.poll()
        self.poll.register(self.port, select.POLLIN)
        self.buffer = b""
        self.urcs = 0

    def read(self, timeout):
        """More bytes, if any come in time."""
        if not self.poll.poll(max(timeout, 0) * 1000):
            return False
        self.buffer += os.read(self.port, 8192)
        return True

    def lines(self):
        """The complete lines that have come."""
        *lines, self.buffer = self.buffer.split(b"\r\n")
        return [line.strip() for line in lines if line.strip()]

    def listen(self, until):
        """Takes what the module says by itself until then."""
        while (left := until - time.monotonic()) > 0:
            if self.read(left):
                self.urcs += sum(1 for line in self.lines() if URC.match(line))

    def ask(self, command, wanted=b"OK"):
        """Sends a command and waits for its final result; the seconds that took."""
        began = time.monotonic()
        os.write(self.port, command.encode() + b"\r")
        self.result(wanted)
        return time.monotonic() - began

    def result(self, wanted=b"OK", timeout=60.0):
        """Waits for a final result, or for a prompt."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for line in self.lines():
                if line == wanted:
                    return
                if line == b"ERROR" or line.startswith(b"+CME ERROR"):
                    raise RuntimeError(line.decode())
                if URC.match(line):
                    self.urcs += 1
            if self.buffer.strip() == wanted:  # a prompt without a line end
                self.buffer = b""
                return
            self.read(end - time.monotonic())
        raise TimeoutError(wanted.decode())

    def send(self, data):
        """Raw bytes, however long the port takes."""
        data = memoryview(data)
        while data:
            data = data[os.write(self.port, data) :]


def try_to(module, command):
    """A command whose answer does not matter."""
    try:
        module.ask(command)
    except RuntimeError:
        pass


def download(module, together, seconds):
    """A second's work again and again; the round trips within `seconds` after all have begun, in milliseconds."""
    for command in ("AT", "ATE0", "AT+CMEE=1", "AT+GMR", "AT+CGSN", 'AT+CNACT=1,"iot.example"'):
        module.ask(command)
    module.ask('AT+HTTPTOFS="http://127.0.0.1:1/update.zip","/fota/update.zip",300,5')
    together.wait()
    module.listen(time.monotonic() + 2)
    trips, end = [], time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        trips.append(module.ask("AT+HTTPTOFSRL?") * 1000)
        module.listen(now + 1)
    return trips


def upload(module, together, package):
    """The whole package in blocks; when it began and ended."""
    for command in ("AT", "ATE0", "AT+CFSTERM", "AT+CFSINIT"):
        try_to(module, command)
    together.wait()
    began = time.monotonic()
    for offset in range(0, len(package), BLOCK):
        block = package[offset : offset + BLOCK]
        module.ask(f'AT+CFSWFILE=1,"update.zip",{int(offset > 0)},{len(block)},10000', b"DOWNLOAD")
        module.send(block)
        module.result()
    return began, time.monotonic()


def paced_upload(module, together, package, rate):
    """The whole package in small blocks with a pause after each; when it began and ended."""
    for command in ("AT", "ATE0", f"AT+LFOTA=0,{len(package)}"):
        module.ask(command)
    together.wait()
    module.ask(f"AT+LFOTA=1,{len(package)}", b">")
    began = time.monotonic()
    for offset in range(0, len(package), PACED_BLOCK):
        module.send(package[offset : offset + PACED_BLOCK])
        time.sleep(PACED_BLOCK / rate)
    module.result()
    return began, time.monotonic()


def processor_s():
    """Processor time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_kilobytes():
    """The most memory that this process had; getrusage counts in what its parent had before it."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def fail(failure):
    """One thread that fails ends them all."""
    sys.stderr.write(f"{failure.exc_type.__name__}: {failure.exc_value}\n")
    sys.stderr.flush()
    os._exit(1)


def main():
    threading.excepthook = fail
    work, folder, *more = sys.argv[1:]
    modules = [Module(entry.path) for entry in sorted(os.scandir(f"{folder}/ports"), key=lambda entry: entry.name)]
    together = threading.Barrier(len(modules) + 1)
    results = [None] * len(modules)
    if work == "download":
        seconds = float(more[0])
        what = lambda module: download(module, together, seconds)
    else:
        with open(f"{folder}/package.zip", "rb") as file:
            package = file.read()
        if work == "upload":
            what = lambda module: upload(module, together, package)
        else:
            what = lambda module: paced_upload(module, together, package, float(more[0]))

    def run(place, module):
        results[place] = what(module)

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(modules)]
    for thread in threads:
        thread.start()
    together.wait()
    measured = {}
    if work == "download":
        time.sleep(2)
        before, urcs = processor_s(), sum(module.urcs for module in modules)
        time.sleep(seconds)
        measured["processor_s"] = processor_s() - before
        measured["urcs"] = sum(module.urcs for module in modules) - urcs
    for thread in threads:
        thread.join()
    if work == "download":
        measured["round_trips_ms"] = [trip for trips in results for trip in trips]
    else:
        began, ended = min(each[0] for each in results), max(each[1] for each in results)
        measured["seconds"] = ended - began
        # From each port's own beginning to its own end.
        measured["seconds_each"] = [end - begin for begin, end in results]
    measured["peak_kilobytes"] = peak_kilobytes()
    json.dump(measured, sys.stdout)


if __name__ == "__main__":
    main()
