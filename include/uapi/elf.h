/*
 * uapi/elf.h - the ELF64 file format, as far as loading and symbols need it
 *
 * Sources: "System V Application Binary Interface", chapters "Object Files" and
 *          "Program Loading"; AMD64 psABI.
 */
#ifndef _UAPI_ELF_H
#define _UAPI_ELF_H

#define EI_NIDENT	16
#define EI_MAG0		0
#define EI_CLASS	4
#define EI_DATA		5
#define EI_VERSION	6
#define EI_OSABI	7
#define ELFMAG		"\177ELF"
#define SELFMAG		4
#define ELFCLASS32	1
#define ELFCLASS64	2
#define ELFDATA2LSB	1
#define ELFDATA2MSB	2
#define EV_CURRENT	1
#define ELFOSABI_NONE	0

#define ET_NONE		0
#define ET_REL		1
#define ET_EXEC		2
#define ET_DYN		3
#define ET_CORE		4

#define EM_386		3
#define EM_X86_64	62

typedef struct elf64_hdr {
	unsigned char	e_ident[EI_NIDENT];
	unsigned short	e_type;
	unsigned short	e_machine;
	unsigned int	e_version;
	unsigned long	e_entry;
	unsigned long	e_phoff;
	unsigned long	e_shoff;
	unsigned int	e_flags;
	unsigned short	e_ehsize;
	unsigned short	e_phentsize;
	unsigned short	e_phnum;
	unsigned short	e_shentsize;
	unsigned short	e_shnum;
	unsigned short	e_shstrndx;
} Elf64_Ehdr;
_Static_assert(sizeof(Elf64_Ehdr) == 64, "ELF64");

typedef struct elf64_phdr {
	unsigned int	p_type;
	unsigned int	p_flags;
	unsigned long	p_offset;
	unsigned long	p_vaddr;
	unsigned long	p_paddr;
	unsigned long	p_filesz;
	unsigned long	p_memsz;
	unsigned long	p_align;
} Elf64_Phdr;
_Static_assert(sizeof(Elf64_Phdr) == 56, "ELF64");

#define PT_NULL		0
#define PT_LOAD		1
#define PT_DYNAMIC	2
#define PT_INTERP	3
#define PT_NOTE		4
#define PT_SHLIB	5
#define PT_PHDR		6
#define PT_TLS		7
#define PT_GNU_EH_FRAME	0x6474e550
#define PT_GNU_STACK	0x6474e551
#define PT_GNU_RELRO	0x6474e552
#define PT_GNU_PROPERTY	0x6474e553

#define PF_X		1
#define PF_W		2
#define PF_R		4

typedef struct elf64_shdr {
	unsigned int	sh_name;
	unsigned int	sh_type;
	unsigned long	sh_flags;
	unsigned long	sh_addr;
	unsigned long	sh_offset;
	unsigned long	sh_size;
	unsigned int	sh_link;
	unsigned int	sh_info;
	unsigned long	sh_addralign;
	unsigned long	sh_entsize;
} Elf64_Shdr;

#define SHT_NULL	0
#define SHT_PROGBITS	1
#define SHT_SYMTAB	2
#define SHT_STRTAB	3
#define SHT_NOBITS	8

typedef struct elf64_sym {
	unsigned int	st_name;
	unsigned char	st_info;
	unsigned char	st_other;
	unsigned short	st_shndx;
	unsigned long	st_value;
	unsigned long	st_size;
} Elf64_Sym;

#define ELF64_ST_TYPE(i)	((i) & 0xf)
#define ELF64_ST_BIND(i)	((i) >> 4)
#define STB_GLOBAL	1
#define STB_WEAK	2
#define STT_NOTYPE	0
#define STT_OBJECT	1
#define STT_FUNC	2
#define SHN_UNDEF	0

typedef struct elf64_note {
	unsigned int	n_namesz;
	unsigned int	n_descsz;
	unsigned int	n_type;
} Elf64_Nhdr;

typedef struct elf64_dyn {
	long		d_tag;
	unsigned long	d_val;
} Elf64_Dyn;

#define DT_NULL		0
#define DT_RELA		7
#define DT_RELASZ	8
#define DT_RELAENT	9
#define DT_HASH		4
#define DT_STRTAB	5
#define DT_SYMTAB	6
#define DT_SONAME	14
#define DT_VERSYM	0x6ffffff0
#define DT_VERDEF	0x6ffffffc

/* Symbol versions that a library defines (Linux Standard Base, "Symbol Versioning"). */
typedef struct elf64_verdef {
	unsigned short	vd_version;
	unsigned short	vd_flags;
	unsigned short	vd_ndx;
	unsigned short	vd_cnt;
	unsigned int	vd_hash;
	unsigned int	vd_aux;		/* bytes from here to its elf64_verdaux */
	unsigned int	vd_next;	/* bytes from here to the next, 0: none */
} Elf64_Verdef;

typedef struct elf64_verdaux {
	unsigned int	vda_name;
	unsigned int	vda_next;
} Elf64_Verdaux;

#define VER_FLG_BASE	1	/* the library itself, not a version */

typedef struct elf64_rela {
	unsigned long	r_offset;
	unsigned long	r_info;
	long		r_addend;
} Elf64_Rela;

#define R_X86_64_RELATIVE	8

#endif
