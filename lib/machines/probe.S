.code16
.globl _start
_start:
  cli
  xor %ax,%ax
  mov %ax,%ds
  mov %ax,%ss
  mov $0x7000,%sp
  mov $3,%cx
again:
  push %cx
  lgdt gdtr
  lidt idtr
  mov %cr0,%eax
  or $1,%al
  mov %eax,%cr0
  ljmp $0x08,$pm
.code32
pm:
  mov $0x10,%ax
  mov %ax,%ds
  mov %ax,%ss
  xor %ax,%ax
  mov %ax,%fs
  mov %ax,%gs
  int $1
  ljmp $0x18,$back
.code16
back:
  mov $0x20,%ax
  mov %ax,%ds
  mov %ax,%ss
  mov %cr0,%eax
  and $0xfe,%al
  mov %eax,%cr0
  ljmp $0,$real
real:
  xor %ax,%ax
  mov %ax,%ds
  mov %ax,%ss
  lidt real_idt
  mov $0x0103,%ax
  pop %cx
  loop again
  mov $msg,%si
1: lodsb
  test %al,%al
  jz 2f
  mov $0x3f8,%dx
  out %al,%dx
  jmp 1b
2: mov $0x10,%al
  out %al,$0xf4
3: hlt
  jmp 3b
.code32
handler: iret
msg: .asciz "ECS-PROBE\n"
.align 8
gdt: .quad 0
  .quad 0x00cf9a000000ffff
  .quad 0x00cf92000000ffff
  .quad 0x00009a000000ffff
  .quad 0x000092000000ffff
gdtr: .word 39
  .long gdt
idt: .quad 0
  .word handler, 8
  .word 0x8e00, 0
idtr: .word 15
  .long idt
real_idt: .word 0x3ff
  .long 0
