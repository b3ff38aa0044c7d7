"""Slow, silent and never-reading clients against one server, and stops under load.

    python3 bench/hostile/clients.py --gyeol target/release/gyeol --model run/model.gyeol [--stops 100]

The slow and the silent come from one process, good requests from another, so that the measure is not of Python's own queue.
Prints one JSON object: latencies in milliseconds of `/healthz` and of good requests, quiet and under attack, the peak memory of
the server, and how many requests that were begun were lost when it was told to stop.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request


def start(gyeol, model):
    server = subprocess.Popen([gyeol, "serve", model, "--addr", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    line = server.stderr.readline()
    port = int(line.split("http://127.0.0.1:")[1].split("/")[0])
    threading.Thread(target=server.stderr.read, daemon=True).start()
    return server, port


def ask(port, path, body=None, kind="text/csv"):
    began = time.perf_counter()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers={"content-type": kind})
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
    return 1000 * (time.perf_counter() - began)


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


async def attack(port, slow_bodies, slow_heads, deaf, seconds):
    """Opens the clients and keeps each at its slow work, anew when it is turned out."""
    until = time.monotonic() + seconds
    body = b"POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 100000\r\n\r\n"
    page = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"

    async def client(first, drop, pause):
        while time.monotonic() < until:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
                writer.write(first)
                while time.monotonic() < until:
                    await asyncio.sleep(pause)
                    if drop:
                        writer.write(drop)
                        await writer.drain()
                writer.close()
            except OSError:
                await asyncio.sleep(0.5)

    clients = [client(body, b"x", 2) for _ in range(slow_bodies)]
    clients += [client(b"GET /", b"a", 2) for _ in range(slow_heads)]
    clients += [client(page * 50, b"", 2) for _ in range(deaf)]
    await asyncio.gather(*clients)


def attacker(port, slow_bodies, slow_heads, deaf, seconds):
    # Attackers have processors of their own: what they work here is not to be measured as the server's.
    os.nice(19)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(attack(port, slow_bodies, slow_heads, deaf, seconds))


def rates(port, body, rounds):
    health = [ask(port, "/healthz") for _ in range(rounds)]
    good = [ask(port, "/v1/forecast", body) for _ in range(rounds)]
    return {
        "healthz": {"p50": quantile(health, 0.5), "p99": quantile(health, 0.99), "most": max(health)},
        "forecast": {"p50": quantile(good, 0.5), "p99": quantile(good, 0.99), "most": max(good)},
    }


def peak(server):
    with open(f"/proc/{server.pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def stop_under_load(gyeol, model, body, clients):
    """One server, clients that keep their connections and ask without a pause, one SIGTERM: requests that were begun and lost."""
    server, port = start(gyeol, model)
    head = f"POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: {len(body)}\r\n\r\n"
    asked, lost = [0], [0]

    def one():
        try:
            stream = socket.create_connection(("127.0.0.1", port))
        except OSError:
            return
        while True:
            try:
                stream.sendall(head.encode() + body)
            except OSError:
                lost[0] += 1
                return
            asked[0] += 1
            seen = b""
            while b"\r\n\r\n" not in seen or len(seen.split(b"\r\n\r\n", 1)[1]) < length(seen):
                try:
                    piece = stream.recv(65536)
                except OSError:
                    piece = b""
                if not piece:
                    lost[0] += 1
                    return
                seen += piece
            if b"connection: close" in seen.split(b"\r\n\r\n", 1)[0].lower():
                return

    def length(seen):
        head = seen.split(b"\r\n\r\n", 1)[0].lower()
        return int(next(line.split(b":")[1] for line in head.split(b"\r\n") if line.startswith(b"content-length:")))

    threads = [threading.Thread(target=one) for _ in range(clients)]
    [thread.start() for thread in threads]
    time.sleep(0.3)
    server.send_signal(signal.SIGTERM)
    [thread.join() for thread in threads]
    code = server.wait(timeout=60)
    return asked[0], lost[0], code


def main():
    given = argparse.ArgumentParser()
    given.add_argument("--gyeol", default="target/release/gyeol")
    given.add_argument("--model", required=True)
    given.add_argument("--slow-bodies", type=int, default=2000)
    given.add_argument("--slow-heads", type=int, default=2000)
    given.add_argument("--deaf", type=int, default=500)
    given.add_argument("--rounds", type=int, default=300)
    given.add_argument("--stops", type=int, default=0)
    args = given.parse_args()
    server, port = start(args.gyeol, args.model)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/sample") as answer:
        body = answer.read()
    found = {"quiet": rates(port, body, args.rounds)}
    crowd = multiprocessing.Process(target=attacker, args=(port, args.slow_bodies, args.slow_heads, args.deaf, 60))
    crowd.start()
    time.sleep(10)
    found["attacked"] = rates(port, body, args.rounds)
    crowd.kill()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    found["connections"] = [line for line in lines if line.startswith("gyeol_connections")]
    found["peak_mib"] = peak(server)
    server.send_signal(signal.SIGTERM)
    found["exit"] = server.wait(timeout=60)
    if args.stops:
        tries = [stop_under_load(args.gyeol, args.model, body, 16) for _ in range(args.stops)]
        found["stops"] = {
            "tries": len(tries),
            "requests": sum(asked for asked, _, _ in tries),
            "lost": sum(lost for _, lost, _ in tries),
            "codes": sorted({code for _, _, code in tries}),
        }
    json.dump(found, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
