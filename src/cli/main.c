#include <stdio.h>

int main(void)
{
    (void)puts("dengbao " DENGBAO_VERSION);
    return 0;
}
