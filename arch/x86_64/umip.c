/*
 * arch/x86_64/umip.c - what user mode reads of the descriptor tables
 *
 * Purpose:    SGDT, SIDT, SLDT, STR and SMSW tell a program where the kernel keeps its tables.  With UMIP
 *             the CPU refuses them (#GP); programs that still use one get what Linux gives: values
 *             that are the same on every machine.
 * Invariants: nothing of the real registers reaches user mode.  An instruction that this file does not
 *             know stays a general protection fault, with nothing changed.
 * Simplified: no line in the log.
 * Sources:    Intel SDM vol. 2, "Instruction Format", "SGDT", "SMSW"; vol. 3A, "User-Mode Instruction
 *             Prevention"; the values are Linux's answers (tests/user/umip.c).
 */
#include <asm/desc.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/traps.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#define MAX_INSN	15
#define TRAP_PF		14
#define PF_USER_WRITE	6		/* the error code of a write by user mode to nothing */

#define DUMMY_GDT	0xfffffffffffe0000UL
#define DUMMY_IDT	0xffffffffffff0000UL
#define DUMMY_TR	0x40
#define DUMMY_CR0	0x80050033UL

#define REX_B		1
#define REX_X		2
#define REX_W		8

/* The instruction under the user's RIP, as far as it was read. */
struct insn {
	u8 byte[MAX_INSN];
	unsigned int have, at;		/* bytes fetched, bytes used */
	bool data16, addr32;
	u8 segment;			/* 0x64: FS, 0x65: GS, 0: neither */
	u8 rex;
	u8 opcode, modrm;		/* second byte of 0f 00 and 0f 01 */
};

static bool next(struct insn *in, u8 *byte)
{
	if (in->at >= in->have)
		return false;
	*byte = in->byte[in->at++];
	return true;
}

/* A displacement of @size bytes, 1 or 4, sign-extended. */
static bool displacement(struct insn *in, unsigned int size, long *value)
{
	s32 d32;

	if (in->have - in->at < size)
		return false;
	if (size == 1) {
		*value = (s8)in->byte[in->at];
	} else {
		memcpy(&d32, in->byte + in->at, 4);
		*value = d32;
	}
	in->at += size;
	return true;
}

/* Prefixes, 0f 00 or 0f 01, ModRM. */
static bool decode(struct insn *in)
{
	u8 b;

	for (;;) {
		if (!next(in, &b))
			return false;
		if (b == 0x66)
			in->data16 = true;
		else if (b == 0x67)
			in->addr32 = true;
		else if (b == 0x64 || b == 0x65)
			in->segment = b;
		else if (b != 0x26 && b != 0x2e && b != 0x36 && b != 0x3e && b != 0xf0 && b != 0xf2 &&
			 b != 0xf3)
			break;
	}
	if ((b & 0xf0) == 0x40) {
		in->rex = b;
		if (!next(in, &b))
			return false;
	}
	return b == 0x0f && next(in, &in->opcode) && in->opcode <= 1 && next(in, &in->modrm);
}

/* General register @n of the machine's numbering. */
static unsigned long *reg(struct pt_regs *r, unsigned int n)
{
	unsigned long *const regs[16] = {
		&r->ax, &r->cx, &r->dx, &r->bx, &r->sp, &r->bp, &r->si, &r->di,
		&r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15,
	};

	return regs[n & 15];
}

static unsigned int rm_of(const struct insn *in)
{
	return (in->modrm & 7) | (in->rex & REX_B ? 8 : 0);
}

/* The part of an address after ModRM 4: base + index * scale. */
static bool decode_sib(struct insn *in, struct pt_regs *regs, unsigned int mod, unsigned long *addr)
{
	unsigned int base, index;
	long disp = 0;
	u8 sib;

	if (!next(in, &sib))
		return false;
	base = (sib & 7) | (in->rex & REX_B ? 8 : 0);
	index = (sib >> 3 & 7) | (in->rex & REX_X ? 8 : 0);
	if ((sib & 7) == 5 && !mod) {
		if (!displacement(in, 4, &disp))
			return false;
		*addr = disp;
	} else {
		*addr = *reg(regs, base);
	}
	if (index != 4)
		*addr += *reg(regs, index) << (sib >> 6);
	return true;
}

static unsigned long segment_base(const struct insn *in)
{
	if (!in->segment)
		return 0;
	save_segment_bases();
	return in->segment == 0x64 ? current->thread.fsbase : current->thread.gsbase;
}

/* The linear address of a memory operand. */
static bool operand_address(struct insn *in, struct pt_regs *regs, unsigned long *addr)
{
	unsigned int mod = in->modrm >> 6;
	long disp = 0;

	if ((in->modrm & 7) == 4) {
		if (!decode_sib(in, regs, mod, addr))
			return false;
	} else if ((in->modrm & 7) == 5 && !mod) {		/* relative to the next instruction */
		if (!displacement(in, 4, &disp))
			return false;
		*addr = regs->ip + in->at;
	} else {
		*addr = *reg(regs, rm_of(in));
	}
	if (mod && !displacement(in, mod == 1 ? 1 : 4, &disp))
		return false;
	*addr += disp;
	if (in->addr32)
		*addr = (u32)*addr;
	*addr += segment_base(in);
	return true;
}

/* What the instruction stores: bytes in @data.  0: it is none of ours. */
static unsigned int dummy_value(const struct insn *in, u8 data[10])
{
	bool memory = in->modrm < 0xc0;
	unsigned int which = in->opcode << 3 | (in->modrm >> 3 & 7);
	unsigned long value;

	memset(data, 0, 10);		/* a limit of 0 */
	switch (which) {
	case 0x00:			/* SLDT: none is loaded */
		value = 0;
		break;
	case 0x01:			/* STR */
		value = DUMMY_TR;
		break;
	case 0x08:			/* SGDT */
	case 0x09:			/* SIDT */
		value = which == 0x08 ? DUMMY_GDT : DUMMY_IDT;
		memcpy(data + 2, &value, sizeof(value));
		return memory ? 10 : 0;
	case 0x0c:			/* SMSW */
		value = DUMMY_CR0;
		break;
	default:
		return 0;
	}
	memcpy(data, &value, sizeof(value));
	if (memory)
		return 2;
	return in->rex & REX_W ? 8 : in->data16 ? 2 : 4;	/* REX.W beats 66 */
}

static void bad_operand(unsigned long addr)
{
	struct thread_struct *th = &current->thread;

	th->cr2 = addr;
	th->error_code = PF_USER_WRITE;
	th->trap_nr = TRAP_PF;
	force_sig_fault(SIGSEGV, SEGV_MAPERR, addr);
}

/*
 * A general protection fault of user mode: was it one of those instructions?  Then its operand is
 * written and RIP moved on, or a SIGSEGV says that it cannot be written; true.
 */
bool fixup_umip(struct pt_regs *regs)
{
	struct insn in = { 0 };
	unsigned long addr;
	unsigned int size;
	u8 data[10];

	if (!cpu_features.umip)
		return false;
	in.have = MAX_INSN - copy_from_user(in.byte, (void __user *)regs->ip, MAX_INSN);
	if (!decode(&in))
		return false;
	size = dummy_value(&in, data);
	if (!size)
		return false;
	if (in.modrm >= 0xc0) {
		memcpy(reg(regs, rm_of(&in)), data, size);
		set_tsk_flag(current, TIF_NOTIFY_RESUME);	/* a return that loads all registers */
	} else if (!operand_address(&in, regs, &addr)) {
		return false;
	} else if (copy_to_user((void __user *)addr, data, size)) {
		bad_operand(addr);
		return true;
	}
	regs->ip += in.at;
	return true;
}
