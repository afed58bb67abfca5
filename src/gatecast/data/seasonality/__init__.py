"""Which seasons do the data show?"""
