/*
 * tests/host/include/efi.h - as much of the UEFI's types as boot/efi/loader.h names
 *
 * For tests/host/test_efi_*.c: parts of the loader as ordinary programs.  Structures have only the members that these
 * use, in any order: nothing here is handed to a firmware.
 */
#ifndef TESTS_HOST_EFI_H
#define TESTS_HOST_EFI_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t UINT8;
typedef uint16_t UINT16;
typedef uint32_t UINT32;
typedef uint64_t UINT64, UINTN, EFI_PHYSICAL_ADDRESS, EFI_STATUS;
typedef unsigned char CHAR8;
typedef wchar_t CHAR16;			/* what L"" is here */
typedef void *EFI_HANDLE;
#define EFIAPI

#define EFI_SUCCESS		0
#define EFI_ERR(n)		(1UL << 63 | (n))
#define EFI_LOAD_ERROR		EFI_ERR(1)
#define EFI_INVALID_PARAMETER	EFI_ERR(2)
#define EFI_DEVICE_ERROR	EFI_ERR(7)
#define EFI_OUT_OF_RESOURCES	EFI_ERR(9)
#define EFI_NOT_FOUND		EFI_ERR(14)
#define EFI_END_OF_FILE		EFI_ERR(31)
#define EFI_ERROR(status)	((int64_t)(status) < 0)
#define EFI_PAGE_SIZE		4096
#define EFI_SIZE_TO_PAGES(n)	(((n) + 4095) / 4096)

enum { AllocateAnyPages, AllocateMaxAddress, AllocateAddress };
enum { AllHandles, ByRegisterNotify, ByProtocol };
typedef enum {
	EfiReservedMemoryType, EfiLoaderCode, EfiLoaderData, EfiBootServicesCode, EfiBootServicesData,
	EfiRuntimeServicesCode, EfiRuntimeServicesData, EfiConventionalMemory, EfiUnusableMemory,
	EfiACPIReclaimMemory, EfiACPIMemoryNVS,
} EFI_MEMORY_TYPE;

#define EFI_MEMORY_XP		(1UL << 14)
#define EFI_MEMORY_RUNTIME	(1UL << 63)
typedef struct {
	UINT32 Type;
	EFI_PHYSICAL_ADDRESS PhysicalStart;
	UINT64 NumberOfPages, Attribute;
} EFI_MEMORY_DESCRIPTOR;

typedef struct {
	UINT32 n;
	UINT16 b, c;
	UINT8 d[8];
} EFI_GUID;
#define ACPI_20_TABLE_GUID	{ .n = 20 }
#define ACPI_TABLE_GUID		{ .n = 10 }
#define SMBIOS3_TABLE_GUID	{ .n = 3 }
#define SMBIOS_TABLE_GUID	{ .n = 2 }

typedef struct {
	UINT32 RedMask, GreenMask, BlueMask, ReservedMask;
} EFI_PIXEL_BITMASK;
enum { PixelRedGreenBlueReserved8BitPerColor, PixelBlueGreenRedReserved8BitPerColor, PixelBitMask, PixelBltOnly };
typedef struct {
	UINT32 HorizontalResolution, VerticalResolution, PixelFormat, PixelsPerScanLine;
	EFI_PIXEL_BITMASK PixelInformation;
} EFI_GRAPHICS_OUTPUT_MODE_INFORMATION;
typedef struct {
	UINT32 MaxMode, Mode;
	EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *Info;
	EFI_PHYSICAL_ADDRESS FrameBufferBase;
} EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE;
typedef struct graphics_output {
	EFI_STATUS (*QueryMode)(struct graphics_output *, UINT32 nr, UINTN *size, EFI_GRAPHICS_OUTPUT_MODE_INFORMATION **);
	EFI_STATUS (*SetMode)(struct graphics_output *, UINT32 nr);
	EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *Mode;
} EFI_GRAPHICS_OUTPUT_PROTOCOL;

typedef struct {
	UINT64 FileSize;
} EFI_FILE_INFO;
typedef struct file_protocol {
	EFI_STATUS (*Open)(struct file_protocol *folder, struct file_protocol **file, CHAR16 *path, UINT64 mode,
			   UINT64 attributes);
	EFI_STATUS (*Close)(struct file_protocol *);
	EFI_STATUS (*Read)(struct file_protocol *, UINTN *size, void *to);
	EFI_STATUS (*SetPosition)(struct file_protocol *, UINT64 at);
} EFI_FILE_PROTOCOL;
#define EFI_FILE_MODE_READ	1
typedef struct simple_file_system {
	EFI_STATUS (*OpenVolume)(struct simple_file_system *, EFI_FILE_PROTOCOL **root);
} EFI_SIMPLE_FILE_SYSTEM_PROTOCOL;
typedef struct {
	EFI_HANDLE DeviceHandle;
} EFI_LOADED_IMAGE;

enum { SCAN_UP = 1, SCAN_DOWN, SCAN_RIGHT, SCAN_LEFT };
typedef struct {
	UINT16 ScanCode;
	CHAR16 UnicodeChar;
} EFI_INPUT_KEY;
typedef void *EFI_EVENT;
typedef struct text_input {
	EFI_STATUS (*ReadKeyStroke)(struct text_input *, EFI_INPUT_KEY *);
	EFI_EVENT WaitForKey;
} EFI_TEXT_INPUT;
typedef struct text_output {
	EFI_STATUS (*ClearScreen)(struct text_output *);
} EFI_TEXT_OUTPUT;
typedef struct {
	EFI_TEXT_INPUT *ConIn;
	EFI_TEXT_OUTPUT *ConOut;
	EFI_HANDLE ConsoleOutHandle;
} EFI_SYSTEM_TABLE;
extern EFI_SYSTEM_TABLE *ST;

typedef struct {
	EFI_STATUS (*AllocatePages)(int how, int type, UINTN pages, EFI_PHYSICAL_ADDRESS *at);
	EFI_STATUS (*FreePages)(EFI_PHYSICAL_ADDRESS at, UINTN pages);
	EFI_STATUS (*GetMemoryMap)(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *stride, UINT32 *version);
	EFI_STATUS (*ExitBootServices)(EFI_HANDLE me, UINTN key);
	EFI_STATUS (*HandleProtocol)(EFI_HANDLE, EFI_GUID *, void **interface);
	EFI_STATUS (*LocateHandleBuffer)(int how, EFI_GUID *, void *key, UINTN *nr, EFI_HANDLE **handles);
	EFI_STATUS (*SetWatchdogTimer)(UINTN seconds, UINT64 code, UINTN size, CHAR16 *data);
	EFI_STATUS (*Stall)(UINTN microseconds);
	EFI_STATUS (*WaitForEvent)(UINTN nr, EFI_EVENT *events, UINTN *index);
} EFI_BOOT_SERVICES;
extern EFI_BOOT_SERVICES *BS;

#endif
