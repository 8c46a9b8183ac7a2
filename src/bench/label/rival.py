"""Encodes the links of standard input, one a line, over and over, with libqrencode or segno, in one
process: python3 rival.py NAME SECONDS. Prints one line of JSON."""

import ctypes
import ctypes.util
import json
import sys
import time


def libqrencode():
    name = ctypes.util.find_library("qrencode") or "libqrencode.so.4"
    library = ctypes.CDLL(name)

    class Code(ctypes.Structure):
        _fields_ = [("version", ctypes.c_int), ("width", ctypes.c_int), ("data", ctypes.c_void_p)]

    encode = library.QRcode_encodeString
    encode.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    encode.restype = ctypes.POINTER(Code)
    library.QRcode_free.argtypes = [ctypes.POINTER(Code)]

    def one(link):
        # The smallest version, correction Q, modes as it likes, case kept.
        code = encode(link, 0, 2, 2, 1)
        version = code.contents.version
        library.QRcode_free(code)
        return version

    return one


def segno():
    import segno as library

    def one(link):
        return library.make(link.decode(), error="q", boost_error=False, micro=False).version

    return one


def main():
    name, seconds = sys.argv[1], float(sys.argv[2])
    links = sys.stdin.buffer.read().split()
    one = {"libqrencode": libqrencode, "segno": segno}[name]()
    version = max(one(link) for link in links[:10])
    count, begun, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < seconds:
        for link in links[count % 990:][:10]:
            one(link)
            count += 1
    print(json.dumps({
        "count": count,
        "wall": time.perf_counter() - begun,
        "cpu": time.process_time() - cpu,
        "version": version,
    }))


main()
