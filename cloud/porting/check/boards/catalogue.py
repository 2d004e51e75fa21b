"""The microcontrollers that are emulated: their compilers and memories, and what each emulator counts."""

from dataclasses import dataclass, replace

TICK_INSTRUCTIONS = 40
"""QEMU with -icount shift=0 runs an instruction a nanosecond of its clock; SysTick ticks at 25 MHz."""


@dataclass(frozen=True, kw_only=True)
class Board:
    """A microcontroller with its compiler; bytes of memory; what its emulator counts. For QEMU: its command, the linker
    script, where rows are put, and instructions a tick of its clock."""

    name: str
    title: str
    compiler: tuple[str, ...]
    flash: int
    ram: int
    counts: str
    qemu: tuple[str, ...] = ()
    script: str = ""
    rows_at: int = 0x21000000
    tick: int = TICK_INSTRUCTIONS


MPS2 = ("qemu-system-arm", "-M", "mps2-an385")
THUMB = ("-mthumb", "--specs=nano.specs", "--specs=nosys.specs", "-nostartfiles")
UNO = Board(
    name="uno",
    title="ATmega328P",
    flash=32256,
    ram=2048,
    counts="cycles",
    compiler=("avr-gcc", "-mmcu=atmega328p", "-Wl,--defsym=__TEXT_REGION_LENGTH__=4M"),
)
CORTEX_M3 = Board(
    name="cortex-m3",
    title="Cortex-M3",
    flash=4 << 20,
    ram=4 << 20,
    counts="instructions",
    compiler=("arm-none-eabi-gcc", "-mcpu=cortex-m3", *THUMB),
    qemu=MPS2,
    script="mps2_an385.ld",
)
CORTEX_M0PLUS = replace(
    CORTEX_M3,
    name="cortex-m0plus",
    title="Cortex-M0+",
    compiler=("arm-none-eabi-gcc", "-mcpu=cortex-m0plus", *THUMB),
)
"""Its code, on an emulated Cortex-M3, which has all of its instructions."""
RISC_V = Board(
    name="risc-v",
    title="RISC-V (rv32imac)",
    flash=4 << 20,
    ram=4 << 20,
    counts="instructions",
    compiler=(
        "riscv64-unknown-elf-gcc",
        "-march=rv32imac",
        "-misa-spec=2.2",
        "-mabi=ilp32",
        "--specs=picolibc.specs",
        "-nostartfiles",
    ),
    qemu=("qemu-system-riscv32", "-M", "virt", "-bios", "none"),
    script="riscv_virt.ld",
    rows_at=0x81000000,
    tick=1,
)
EMULATED = {board.name: board for board in (UNO, CORTEX_M3)}
MEASURED = {**EMULATED, **{board.name: board for board in (CORTEX_M0PLUS, RISC_V)}}
"""With those that only benchmarks look at."""
TOOLS = {
    "uno": ("avr-gcc", "simavr", "cc"),
    "cortex-m3": ("arm-none-eabi-gcc", "qemu-system-arm"),
    "cortex-m0plus": ("arm-none-eabi-gcc", "qemu-system-arm"),
    "risc-v": ("riscv64-unknown-elf-gcc", "qemu-system-riscv32"),
}
