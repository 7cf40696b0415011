/*
 * boot/efi/file.c - files of the volume that the loader itself came from
 *
 * Source: UEFI specification, "Simple File System Protocol", "File Protocol".
 */
#include "loader.h"

#define SMALL_READ	(1UL << 20)	/* bytes at once, for a firmware that fails on more */

static EFI_FILE_PROTOCOL *root;

EFI_STATUS volume_open(EFI_HANDLE image)
{
	EFI_LOADED_IMAGE *loaded;
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *fs;
	EFI_STATUS err = uefi_call_wrapper(BS->HandleProtocol, 3, image, &LoadedImageProtocol, (void **)&loaded);

	if (EFI_ERROR(err))
		return err;
	err = uefi_call_wrapper(BS->HandleProtocol, 3, loaded->DeviceHandle, &FileSystemProtocol, (void **)&fs);
	if (EFI_ERROR(err))
		return err;
	return uefi_call_wrapper(fs->OpenVolume, 2, fs, &root);
}

/* The name as the firmware wants it: \ between folders, from the root. */
static void to_path(const char *name, CHAR16 *path)
{
	*path++ = '\\';
	for (; *name; name++)
		*path++ = *name == '/' ? '\\' : *name;
	*path = 0;
}

static EFI_STATUS size_of(EFI_FILE_PROTOCOL *file, UINTN *size)
{
	EFI_FILE_INFO *info = LibFileInfo(file);

	if (!info)
		return EFI_OUT_OF_RESOURCES;
	*size = info->FileSize;
	FreePool(info);
	return *size < BELOW_4G ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

/*
 * The @size bytes of @file to @at.  All at once is the fastest: every call costs some firmware a turn of its disk.  One
 * that fails then is asked for less, and any may give less than it is asked for.
 */
static EFI_STATUS read_bytes(EFI_FILE_PROTOCOL *file, char *at, UINTN size)
{
	UINTN most = size, done = 0;

	while (done < size) {
		UINTN asked = size - done < most ? size - done : most, got = asked;
		EFI_STATUS err = uefi_call_wrapper(file->Read, 3, file, &got, at + done);

		if (EFI_ERROR(err) && most > SMALL_READ) {
			most = SMALL_READ;
			got = 0;
			err = uefi_call_wrapper(file->SetPosition, 2, file, done);
		} else if (!EFI_ERROR(err) && (!got || got > asked)) {
			err = EFI_END_OF_FILE;		/* shorter than the volume says it is, or nonsense */
		}
		if (EFI_ERROR(err))
			return err;
		done += got;
	}
	return EFI_SUCCESS;
}

static EFI_STATUS read_all(EFI_FILE_PROTOCOL *file, char **data, UINTN *size)
{
	EFI_STATUS err = size_of(file, size);
	char *at;

	if (EFI_ERROR(err))
		return err;
	at = pages_alloc(EfiLoaderData, *size + 1);
	if (!at)
		return EFI_OUT_OF_RESOURCES;
	err = read_bytes(file, at, *size);
	if (EFI_ERROR(err)) {
		pages_free(at, *size + 1);
		return err;
	}
	at[*size] = 0;
	*data = at;
	return err;
}

EFI_STATUS file_read(const char *name, char **data, UINTN *size)
{
	CHAR16 path[MAX_TEXT + 1];
	EFI_FILE_PROTOCOL *file;
	EFI_STATUS err;

	to_path(name, path);
	err = uefi_call_wrapper(root->Open, 5, root, &file, path, EFI_FILE_MODE_READ, 0);
	if (EFI_ERROR(err))
		return err;
	err = read_all(file, data, size);
	uefi_call_wrapper(file->Close, 1, file);
	return err;
}
